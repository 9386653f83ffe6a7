from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from support.office import Office
from support.personal_traces import ensure_whole, named_in

from engine.bpmn.state_codec import encode_document, read_document
from engine.bpmn.task_data import INDEX, ITEM
from engine.commands.approval_sheets import DrawnSheet, issue_sheet
from engine.commands.clients import ContactDraft, PersonIsErased, add_contact, update_client, update_contact
from engine.commands.consultations import ask_about_work_item
from engine.commands.deals import comment_on_deal, update_deal
from engine.commands.erasure import (
    Erased,
    ErasureRequest,
    NotErasable,
    NothingToErase,
    erase_client,
    erase_contact,
    erase_written,
)
from engine.commands.own_fields import add_own_field
from engine.commands.work_items import save_comment_draft, save_draft
from engine.errors import InvalidInput, NotAllowed, NotFound
from engine.model.client import Client, Contact
from engine.model.consultation import Consultation
from engine.model.deal import Deal
from engine.model.draft import CommentDraft, Draft
from engine.model.history_event import HistoryEvent
from engine.model.incident import Incident
from engine.model.intervention import Intervention, InterventionKind
from engine.model.own_field import FieldSubject
from engine.model.process_instance import ProcessInstance
from engine.model.proof_file import ProofFile
from engine.policy.approval_sheet_check import sheet_verdict
from engine.policy.approval_sheet_file import sheet_json
from engine.policy.own_fields import OwnFieldDraft
from engine.policy.personal_texts import ERASED
from engine.queries.approval_sheets import whole_sheet

LETTER = ErasureRequest("лист № 7", ("Марійка",))


@pytest.fixture
def deal(office: Office) -> Deal:
    """A deal in whose history Марія Іваненко is named everywhere, and somebody else as well."""
    deal = office.open_deal(title="Насоси для Марії", fields={"contact": "марія  іваненко", "city": "Львів"})
    for name, phone in (("Марія Іваненко", "067 123 45 67"), ("Олег Бут", "0509876543")):
        draft = ContactDraft(full_name=name, position="Закупівлі", phone=phone, email="")
        office.do("olena", add_contact, deal.client_id, draft)
    office.do("olena", comment_on_deal, deal.id, "Телефонувала МАРІЯ ІВАНЕНКО")
    office.do("olena", comment_on_deal, deal.id, "Олег Бут чекає")
    office.prepare()
    step = office.step("legal", deal)
    office.do("iryna", ask_about_work_item, step.id, office.company.olena.id, "Чи є 8 (067) 123-45-67 у договорі?")
    office.complete("iryna", "legal", "approved", comment="Марійка просила")
    office.do("olena", update_client, deal.client_id, {"phone": "0671234567"})
    return deal


def contact_id(office: Office, name: str) -> int:
    with office.database.read() as session:
        return session.scalars(select(Contact.id).where(Contact.full_name == name)).one()


def everything(office: Office) -> str:
    """All that the history says, with its salts."""
    with office.database.read() as session:
        return repr(session.execute(select(HistoryEvent.data, HistoryEvent.salt)).all())


def keep_where_only_machines_look(office: Office, deal: Deal, said: str) -> None:
    """In the variables of the map, in a run of a loop, in what an incident would try again, before a move."""
    with office.database.write() as session:
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
        document = read_document(instance.execution_state)
        document[2]["who"] = {"names": [said], "count": Decimal("0.5")}
        document[3][0][-1] = {ITEM: said, INDEX: 0}
        instance.execution_state = encode_document(document)
        values = {"instance_id": instance.id, "deal_id": deal.id}
        session.add(Incident(code="x", stimulus={"typed": {"comment": said}}, occurred_at=office.clock.now(), **values))
        made = {"kind": InterventionKind.MOVED, "at": office.clock.now(), "state_before": instance.execution_state}
        session.add(Intervention(definition_id=instance.definition_id, **made, **values))


def test_an_erased_contact_is_named_nowhere_and_the_proof_stays(office: Office, deal: Deal, tmp_path: Path) -> None:
    ensure_whole(office, deal, tmp_path)
    mary = contact_id(office, "Марія Іваненко")
    office.do("olena", comment_on_deal, deal.id, "Тепер вона Марія Петренко")
    office.do("olena", update_contact, mary, {"full_name": "Марія Петренко"})
    office.do("olena", update_contact, mary, {"full_name": "Марія Іваненко"})
    step = office.open_steps(deal)[0]
    office.do("olena", save_draft, step.id, {}, comment="Марія Іваненко каже")
    office.do("olena", save_comment_draft, step.id, "Питала Марія Іваненко")
    keep_where_only_machines_look(office, deal, "Марія Іваненко")
    before = [one.entry_hash for one in office.history(deal)]
    with office.database.read() as session:
        exported = sheet_json(whole_sheet(session, deal.id))
    assert {"draft.comment", "comment_draft.text", "incident.stimulus"} <= set(named_in(office, "іваненко"))
    read = office.deal(deal).history_length
    done = office.do("admin", erase_contact, mary, LETTER)
    # What somebody had open all the while does not bring it back.
    shown = {"title": "Насоси", "fields": {"contact": "Марія Іваненко", "city": "Львів"}}
    office.do("olena", update_deal, deal.id, shown, read_version=read)
    with pytest.raises(PersonIsErased):
        office.do("olena", update_contact, mary, {"full_name": "Марія Іваненко"})
    assert (done.entries >= 5, done.kept, done.papers) == (True, 0, 0)

    assert named_in(office, "іваненко", "петренко", "марійка", "67) 123", "671234567") == []
    assert "Олег Бут чекає" in everything(office)
    assert [one.entry_hash for one in office.history(deal)][: len(before)] == before
    ensure_whole(office, deal, tmp_path)
    assert sheet_verdict(exported).faults == ()  # what somebody has had for long is as good as it was

    with office.database.read() as session:
        assert session.get_one(Deal, deal.id).fields == {"contact": ERASED, "city": "Львів", "discount": "7.5"}
        assert session.scalars(select(Consultation.question)).one() == ERASED
        assert session.scalars(select(Draft.comment)).one() == ERASED
        assert session.scalars(select(CommentDraft.text)).one() == ERASED
        assert session.get_one(Client, deal.client_id).phone == ""
        assert session.scalars(select(ProcessInstance.approved).where(ProcessInstance.deal_id == deal.id)).one() is None
        contacts = {one.full_name: (one.phone, one.search_text) for one in session.scalars(select(Contact))}
        sheet = whole_sheet(session, deal.id)
    assert contacts[ERASED] == ("", "")
    assert contacts["Олег Бут"][0] == "+380509876543"
    (decision,) = sheet.decisions
    assert (decision.approver, decision.comment, decision.content_hash) == ("Ірина Бондар", ERASED, ERASED)
    assert decision.content["fields"]["city"] == "Львів"
    (told_so,) = sheet.erased_from(decision.number)
    assert (told_so.kind, told_so.actor_name, told_so.data["of"]) == ("texts_erased", "Андрій Савченко", "contact")


def test_an_erased_client_takes_all_contacts_and_the_deal_is_found_by_its_number_only(
    office: Office, deal: Deal, tmp_path: Path
) -> None:
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 8"))
    told = everything(office)
    assert not [one for one in ("Промінь", "Іваненко", "Бут") if one in told]
    ensure_whole(office, deal, tmp_path)
    with office.database.read() as session:
        client, kept = session.get_one(Client, deal.client_id), session.get_one(Deal, deal.id)
        assert (client.name, client.phone, client.fields) == (ERASED, "", {})
        assert "промінь" not in kept.search_text


def test_what_own_fields_hold_of_a_person_goes_with_them(office: Office, deal: Deal, tmp_path: Path) -> None:
    for subject in FieldSubject:
        office.do("owner", add_own_field, subject, OwnFieldDraft(label="Паспорт", name="passport"))
    mary, other = (contact_id(office, name) for name in ("Марія Іваненко", "Олег Бут"))
    office.do("olena", update_contact, mary, {"fields": {"passport": "КМ 11-11-11"}})
    office.do("olena", update_contact, other, {"fields": {"passport": "КМ 22-22-22"}})
    office.do("olena", update_client, deal.client_id, {"fields": {"passport": "КМ 33-33-33"}})

    office.do("admin", erase_contact, mary, LETTER)
    told = everything(office)
    assert [one for one in ("11-11-11", "22-22-22", "33-33-33") if one in told] == ["22-22-22", "33-33-33"]
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 8"))
    told = everything(office)
    assert not [one for one in ("22-22-22", "33-33-33", "Бут") if one in told]
    ensure_whole(office, deal, tmp_path)
    with office.database.read() as session:
        assert set(map(repr, session.scalars(select(Contact.fields)))) == {"{}"}


def test_sealed_papers_that_show_what_was_erased_are_kept_no_more(office: Office, deal: Deal) -> None:
    shown = office.deal(deal)
    drawn = DrawnSheet(b"%PDF-1", "uk", shown.history_length, shown.history_hash, 1, "0" * 64)
    sha256 = office.do("olena", issue_sheet, deal.id, drawn)
    done = office.do("admin", erase_contact, contact_id(office, "Марія Іваненко"), LETTER)
    assert done.papers == 1
    with office.database.read() as session:
        assert session.scalar(select(ProofFile).where(ProofFile.sha256 == sha256)) is None
        assert [one.data["sha256"] for one in whole_sheet(session, deal.id).issued] == [sha256]


def test_entries_from_before_salted_texts_stay_and_are_counted(office: Office, deal: Deal) -> None:
    number = next(one.number for one in office.history(deal) if one.kind == "commented")
    with office.database.write() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER history_event_only_erased"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers
        session.execute(
            update(HistoryEvent).where(HistoryEvent.deal_id == deal.id, HistoryEvent.number == number).values(salt="")
        )
    with pytest.raises(NotErasable):
        office.do("admin", erase_written, deal.id, number, "лист № 7")
    assert office.do("admin", erase_contact, contact_id(office, "Марія Іваненко"), LETTER).kept == 1
    assert "МАРІЯ ІВАНЕНКО" in everything(office)
    assert office.history(deal)[-1].kind == "texts_erased"


def test_a_comment_is_erased_once(office: Office, deal: Deal, tmp_path: Path) -> None:
    number = next(one.number for one in office.history(deal) if one.kind == "step_completed" and one.data["comment"])
    assert office.do("admin", erase_written, deal.id, number, "лист № 9") == Erased(1, 0, 0)
    assert "Марійка" not in everything(office)
    assert "МАРІЯ ІВАНЕНКО" in everything(office)
    ensure_whole(office, deal, tmp_path)
    with pytest.raises(NothingToErase):
        office.do("admin", erase_written, deal.id, number, "лист № 9")
    office.do("olena", comment_on_deal, deal.id, "на")  # as short as this it stands in many texts by chance
    office.do("admin", erase_written, deal.id, office.deal(deal).history_length, "лист № 9")
    kept = office.deal(deal)
    assert (kept.title, kept.fields["contact"]) == ("Насоси для Марії", "марія  іваненко")
    with pytest.raises(NotFound):
        office.do("admin", erase_written, deal.id, 999, "лист № 9")


def test_only_an_administrator_erases_and_says_on_what_basis(office: Office, deal: Deal) -> None:
    chosen = contact_id(office, "Марія Іваненко")
    for login in ("olena", "bohdan"):
        with pytest.raises(NotAllowed):
            office.do(login, erase_contact, chosen, LETTER)
        with pytest.raises(NotAllowed):
            office.do(login, erase_written, deal.id, 2, "лист")
    with pytest.raises(InvalidInput):
        office.do("admin", erase_contact, chosen, ErasureRequest(" "))
    with pytest.raises(NotFound):
        office.do("admin", erase_contact, 10**6, LETTER)
    done = office.do("admin", erase_contact, chosen, LETTER, command_id="once")
    assert office.do("admin", erase_contact, chosen, LETTER, command_id="once") == done
