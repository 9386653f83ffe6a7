from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import select
from support.card_maps import READS_SEGMENT, asked_of_state_clients
from support.office import Office
from support.web import Browser, text_of, web_application

from engine.adapters.history_keys import HistoryKeys
from engine.commands.approval_sheets import SignatureTooLarge, attach_signature
from engine.commands.client_decisions import tell_spared
from engine.commands.clients import update_client
from engine.commands.deals import comment_on_deal
from engine.commands.erasure import erase_written
from engine.commands.history_signing import sign_new_entries
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance
from engine.policy.attached_signatures import SIZE_LIMIT
from webui.proven_files import proven_file

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def app(office: Office, tmp_path: Path) -> Flask:
    return web_application(office, REGLAMENT_KEYS=str(tmp_path / "keys"), BASE_URL="https://sales.example.com")


@pytest.fixture
def deal(office: Office) -> Deal:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    return deal


def sign(office: Office, tmp_path: Path) -> None:
    while sign_new_entries(office.database, HistoryKeys(tmp_path / "keys"), clock=office.clock):
        pass


def issued(browser: Browser, deal: Deal) -> bytes:
    answer = browser.post(f"/deals/{deal.id}/approval-sheet/issue")
    assert answer.status_code == 303
    return browser.get(answer.headers["Location"]).get_data()


def decision_of(office: Office, deal: Deal) -> int:
    return next(one.number or 0 for one in office.history(deal) if one.data.get("outcome") == "approved")


def signed_elsewhere(content: bytes, *options: pkcs7.PKCS7Options, name: str = "Бондар Ірина") -> bytes:
    """What a signing tool saves: who signed stands in its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "КНЕДП «Приклад»")])
    now = datetime.now(UTC)  # noqa: TID251  # the certificate has to hold today
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def attach(browser: Browser, deal: Deal, number: int, content: bytes, name: str = "підпис.p7s") -> str:
    form = {"file": (io.BytesIO(content), name)}
    answer = browser.post(f"/deals/{deal.id}/approval-sheet/{number}/signature", form)
    return str(answer.status_code)


def test_the_sealed_sheet_is_handed_out_once_for_the_same_history(
    browse: SignIn, office: Office, deal: Deal, tmp_path: Path
) -> None:
    sign(office, tmp_path)
    olena = browse("olena")
    first = issued(olena, deal)
    assert proven_file(first).faults == ()
    assert issued(olena, deal) == first
    logged = [one.data["sha256"] for one in office.history(deal) if one.kind == "sheet_issued"]
    assert logged == [hashlib.sha256(first).hexdigest()]
    assert logged[0] in olena.get(f"/deals/{deal.id}/approval-sheet").text
    office.complete("oksana", "finance", "approved")
    second = issued(olena, deal)
    assert len(proven_file(second).unsigned) > 0
    sign(office, tmp_path)
    third = issued(olena, deal)
    assert third != second
    assert proven_file(third).unsigned == ()


def test_the_page_that_proves_itself_and_the_json_are_downloads(
    browse: SignIn, office: Office, deal: Deal, tmp_path: Path
) -> None:
    sign(office, tmp_path)
    olena = browse("olena")
    for kind in ("html", "json"):
        answer = olena.get(f"/deals/{deal.id}/approval-sheet.{kind}")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert proven_file(answer.data).faults == ()


def test_an_approval_that_a_changed_card_has_spared_stands_on_the_sheet(browse: SignIn, office: Office) -> None:
    office.publish(asked_of_state_clients())
    deal = office.open_deal()
    office.prepare()
    office.wait(minutes=1)
    since = office.clock.now()
    office.do("taras", update_client, deal.client_id, {"segment": "state"})
    with office.database.write() as session:
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
        tell_spared(session, instance, since=since, actor=office.actor("taras"), at=office.clock.now())
    olena = browse("olena")
    sheet = text_of(olena.get(f"/deals/{deal.id}/approval-sheet"))
    assert f"З новою карткою клієнта угода потребувала б погоджень, які вже оминула: {READS_SEGMENT}" in sheet
    told = next(one for one in office.history(deal) if one.kind == "approvals_spared")
    assert f"Тарас Мельник · № {told.number}" in sheet
    assert proven_file(issued(olena, deal)).faults == ()


def test_outsiders_get_nothing_of_it(browse: SignIn, deal: Deal, office: Office) -> None:
    danylo = browse("danylo")
    address = f"/deals/{deal.id}/approval-sheet"
    for end in ("", ".json", ".html", f"/files/{'0' * 64}"):
        assert danylo.get(address + end).status_code == 404
    assert danylo.post(f"{address}/issue").status_code == 404
    assert attach(danylo, deal, decision_of(office, deal), signed_elsewhere(b"x")) == "404"


def test_a_signature_over_our_sheet_is_attached_and_said_to_cover_it(
    browse: SignIn, office: Office, deal: Deal, tmp_path: Path
) -> None:
    office.do("olena", comment_on_deal, deal.id, "Дзвонила Марія")
    said = office.deal(deal).history_length
    sign(office, tmp_path)
    iryna = browse("iryna")
    sheet = issued(iryna, deal)
    number = decision_of(office, deal)
    detached = signed_elsewhere(sheet, pkcs7.PKCS7Options.DetachedSignature)
    assert attach(iryna, deal, number, detached) == "303"
    assert attach(iryna, deal, number, detached) == "303"
    assert attach(iryna, deal, number, signed_elsewhere(sheet)) == "303"
    assert (
        attach(iryna, deal, number, signed_elsewhere(b"anything else", pkcs7.PKCS7Options.DetachedSignature)) == "303"
    )
    told = [one.data for one in office.history(deal) if one.kind == "signature_attached"]
    ours = hashlib.sha256(sheet).hexdigest()
    assert [one["covers"] for one in told] == [ours, ours, ""]
    assert {(one["signer"], one["issuer"], one["decision"]) for one in told} == {
        ("Бондар Ірина", "КНЕДП «Приклад»", number)
    }
    page = iryna.get(f"/deals/{deal.id}/approval-sheet")
    assert "Бондар Ірина" in text_of(page)
    kept = iryna.get(f"/deals/{deal.id}/approval-sheet/files/{told[0]['sha256']}")
    assert kept.data == detached
    assert kept.mimetype == "application/pkcs7-signature"

    assert office.do("admin", erase_written, deal.id, said, "лист № 7").papers == 2  # also inside a signature
    files = [iryna.get(f"/deals/{deal.id}/approval-sheet/files/{one['sha256']}").status_code for one in told]
    assert files == [200, 404, 200]
    assert text_of(iryna.get(f"/deals/{deal.id}/approval-sheet")).count("не зберігається") == 2


def test_names_in_a_signature_and_of_its_file_are_letters_that_are_seen(
    browse: SignIn, office: Office, deal: Deal
) -> None:
    """Anybody writes a certificate: nothing in it may turn round what stands beside it, or be refused by a database."""
    hostile = signed_elsewhere(b"x", name="Бондар\u202e \x00Ірина\n")
    assert attach(browse("iryna"), deal, decision_of(office, deal), hostile, name="дог\u202es7p.exe.p7s") == "303"
    told = office.history(deal)[-1].data
    assert (told["signer"], told["name"]) == ("Бондар Ірина", "догs7p.exe.p7s")


def test_what_is_no_signature_is_refused_at_its_field(browse: SignIn, office: Office, deal: Deal) -> None:
    iryna, number = browse("iryna"), decision_of(office, deal)
    for content in (b"%PDF-1.7 no signature", b"0\x82", b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----"):
        assert attach(iryna, deal, number, content) == "422"
    assert iryna.post(f"/deals/{deal.id}/approval-sheet/{number}/signature").status_code == 422
    assert attach(iryna, deal, 1, signed_elsewhere(b"x")) == "404"
    assert attach(browse("oksana"), deal, number, signed_elsewhere(b"x")) == "403"
    with pytest.raises(SignatureTooLarge):
        office.do("iryna", attach_signature, deal.id, number, "підпис.p7s", b"x" * (SIZE_LIMIT + 1))
    assert "signature_attached" not in office.kinds(deal)


def test_whoever_holds_the_printed_sheet_learns_that_it_is_ours_and_nothing_else(
    browse: SignIn, office: Office, deal: Deal
) -> None:
    last = office.history(deal)[-1]
    visitor = browse(None)
    known = visitor.get(f"/verify/{deal.id}/{last.number}/{last.entry_hash}")
    assert known.status_code == 200
    assert deal.number in known.text
    assert "Насоси" not in known.text
    assert f"/deals/{deal.id}/approval-sheet" not in known.text
    before = office.history(deal)[-2].number
    for address in (f"{deal.id}/{last.number}/{'0' * 64}", f"{deal.id}/{before}/{last.entry_hash}", "9/9/x"):
        assert visitor.get(f"/verify/{address}").status_code == 404
    assert (
        f"/deals/{deal.id}/approval-sheet"
        in browse("olena").get(f"/verify/{deal.id}/{last.number}/{last.entry_hash}").text
    )
