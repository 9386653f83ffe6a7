"""The how-to for BAS is executed as it stands: its commands, its worker, its map and its properties."""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.bas_odata import PASSWORD, USER, Bas
from support.called_maps import calling_map
from support.compiling import compiles_here
from support.documents import DOCS, ROOT
from support.founded_offices import FoundedOffices
from support.https_receiver import HttpsReceiver
from support.office import Office
from support.read_commands import Shell, blocks
from support.web import web_application
from werkzeug.serving import make_server

from engine.adapters.https_calls import PublicHttpsCaller
from engine.adapters.mail import mailer_for
from engine.adapters.webhook_calls import HttpsWebhookCaller
from engine.commands.call_permits import allow_host, set_secret
from engine.commands.clients import ClientDraft
from engine.commands.completions import complete_work_item
from engine.commands.tokens import create_token
from engine.model.client import Client
from engine.model.deal import Deal
from engine.settings import settings_from
from tasks.app import app as celery
from tasks.app import configure
from tasks.jobs import sweep
from tasks.services import Services, use
from webui.command_line import main

__all__ = ["compiles_here"]

ENGLISH, UKRAINIAN = DOCS / "how-to" / "en" / "accounting.md", DOCS / "how-to" / "uk" / "accounting.md"
WORKER = DOCS / "how-to" / "bas" / "bas_worker.py"
INVOICES, CLIENTS = "Document_СчетНаОплатуПокупателю", "Catalog_Контрагенты"
ITEM = "8f2b1c4a-0d2e-11ee-9a3c-00155d012a02"


@pytest.fixture
def office(
    sqlite_database_url: str, founded: FoundedOffices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    for name in ("REDIS_URL", "SMTP_URL", "SECRET_KEY", "BASE_URL", "REGLAMENT_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REGLAMENT_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("DATABASE_URL", sqlite_database_url)
    with founded.at_work(sqlite_database_url) as office:
        yield office


@pytest.fixture
def reglament(office: Office) -> Iterator[str]:
    """The address of a server over the office's database."""
    server = make_server("127.0.0.1", 0, web_application(office), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bas() -> Iterator[Bas]:
    bas = Bas()
    bas.records[CLIENTS].append(
        {
            "Ref_Key": "0d9c5f0e-2f0a-11f1-8a56-0242ac120002",
            "Description": "ТОВ «Промінь»",
            "КодПоЕДРПОУ": "32855961",
            "DeletionMark": False,
        }
    )
    bas.open()
    yield bas
    bas.close()


def typed(arguments: Any) -> str:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def by_hand() -> list[tuple[str, str]]:
    """The commands and the answers that are tried before the worker."""
    told = blocks(ENGLISH)
    ends = next(place for place, (_, text) in enumerate(told) if "bas_worker.py" in text)
    return told[:ends]


def test_every_command_is_understood_and_every_answer_is_as_shown(office: Office, reglament: str, bas: Bas) -> None:
    instead = {"https://sales.example.com": reglament, "http://bas.office.lan/accounting": bas.url}
    shell = Shell(ROOT, typed, instead)
    told: Any = None
    for kind, text in by_hand():
        if kind == "sh":
            told = shell.run(text)
        else:
            shell.expect(text, told)
    (invoice,) = bas.records[INVOICES]
    assert (invoice["Posted"], invoice["Комментарий"]) == (True, "Reglament 2026-00001")
    assert [one.name for one in office.open_steps()] == ["Відвантажити товар"]
    with office.database.read() as session:
        assert [one.name for one in session.query(Client).order_by(Client.id)] == ["ТОВ «Промінь Плюс»", "ПП «Мрія»"]


def test_both_languages_show_the_same_commands() -> None:
    assert blocks(ENGLISH) == blocks(UKRAINIAN)


def worker_of(office: Office, reglament: str, bas: Bas) -> Any:
    """The worker as the how-to lets it run: with what is in the environment."""
    spec = importlib.util.spec_from_file_location("bas_worker", WORKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tokens = {
        name: office.do(login, create_token, getattr(office.company, login).id, "BAS")
        for name, login in (("TOKEN", "bohdan"), ("JOBS_TOKEN", "owner"))
    }
    told = {"REGLAMENT": reglament, "BAS": bas.url, "BAS_USER": USER, "BAS_PASSWORD": PASSWORD}
    return module.worker_from({**told, **tokens, "BAS_SELLER": "s", "BAS_ITEM": ITEM, "CLIENTS_EVERY_S": "0"})


def deal_at_its_invoice(office: Office, **client: Any) -> Deal:
    deal = office.open_deal("olena", definition_key="invoice-and-payment", client=ClientDraft(**client))
    (step,) = office.open_steps(deal)
    office.do("olena", complete_work_item, step.id, {}, "completed", "")
    return deal


@pytest.fixture
def published(office: Office, reglament: str) -> None:
    """The example's map is in force."""
    token = office.do("owner", create_token, office.company.owner.id, "maps")
    shell = Shell(ROOT, typed, known={"REGLAMENT": reglament, "JOBS_TOKEN": token})
    for kind, text in blocks(ENGLISH):
        if kind == "sh" and "invoice-and-payment.bpmn" in text:
            shell.run(text)


@pytest.mark.usefixtures("published")
def test_the_worker_makes_invoices_tells_payments_and_keeps_clients_once(
    office: Office, reglament: str, bas: Bas, caplog: pytest.LogCaptureFixture
) -> None:
    worker = worker_of(office, reglament, bas)
    deal = deal_at_its_invoice(office, name="ТОВ «Лан»", edrpou="30000001")
    bas.breaks = 2  # the answers to the new counterparty, and then to the invoice, never come
    for _ in range(3):
        worker.round()
        office.wait(minutes=10)
    (invoice,) = bas.records[INVOICES]
    assert invoice["Товары"][0]["Номенклатура_Key"] == ITEM
    assert invoice["СуммаДокумента"] == 125000.5
    assert invoice["Posted"], "what broke off before it was entered into the books is entered later"
    assert [one.name for one in office.open_steps()] == ["Оплата надійшла"]
    payment = bas.pay(invoice)
    bas.records[CLIENTS].append({"Ref_Key": "-", "Description": "Хтось", "КодПоЕДРПОУ": "5", "DeletionMark": False})
    bas.records[CLIENTS][0]["Description"] = "ТОВ «Промінь Плюс»"
    for _ in range(2):
        worker.round()
    (step,) = office.open_steps()
    assert step.name == "Відвантажити товар"
    assert office.deal(deal).fields["payment"] == payment["Number"]
    codes = {one["КодПоЕДРПОУ"] for one in bas.records[CLIENTS]}
    with office.database.read() as session:
        clients = {one.edrpou: one.name for one in session.query(Client)}
    assert codes == {"32855961", "30000001", "5"}
    assert clients == {"32855961": "ТОВ «Промінь Плюс»", "30000001": "ТОВ «Лан»"}
    assert len(bas.records[CLIENTS]) == 3
    caplog.clear()
    worker.round()
    (told,) = [one for one in caplog.records if one.name == "bas_worker"]
    assert "The client 5 is not kept in step" in told.getMessage()
    payment["Number"] = "0000-000124"  # somebody mends it, and the deal was told of another
    deal_at_its_invoice(office, name="ТОВ «Гай»", edrpou="30000002")
    worker.round()
    bas.pay(bas.records[INVOICES][1])
    worker.round()
    assert [one.name for one in office.open_steps()] == ["Відвантажити товар"] * 2, "one payment holds no other up"


@pytest.mark.usefixtures("published")
def test_a_client_without_a_tax_number_goes_back_to_its_owner(office: Office, reglament: str, bas: Bas) -> None:
    deal_at_its_invoice(office, name="ТОВ «Без коду»")
    worker_of(office, reglament, bas).round()
    assert [one.name for one in office.open_steps()] == ["Узгодити суму рахунка"]
    assert bas.records[INVOICES] == []


def test_a_map_calls_bas_itself_with_the_properties_as_they_stand(office: Office, tmp_path: Path) -> None:
    told = blocks(ENGLISH)
    said = next(text for kind, text in told if kind == "properties")
    sent, answered = [text for kind, text in told if kind == "json"][-2:]
    receiver = HttpsReceiver(tmp_path)
    receiver.answer = answered.encode()
    receiver.open()
    services = Services(
        replace(settings_from({}), secret_key="k" * 32),
        office.database,
        office.clock,
        mailer_for(""),
        HttpsWebhookCaller(),
        PublicHttpsCaller(allows_private=True, tls=receiver.tls),
    )
    configure(services.settings)
    celery.conf.task_always_eager = True
    use(services)
    try:
        office.do("admin", allow_host, receiver.host)
        office.do("admin", set_secret, "bas", receiver.host, "c29tZQ==", seal=services.sealer.seal)
        properties = dict(
            line.split(" = ", 1) for line in said.strip().replace("bas.example.com", receiver.host).split("\n")
        )
        office.publish(calling_map(**properties))
        office.open_deal(title="Перша")
        deal = office.open_deal(client=ClientDraft("ТОВ «Промінь Плюс»", "32855961"), amount=Decimal(98000))
        sweep()
    finally:
        use(None)
        celery.conf.task_always_eager = False
        receiver.close()
    headers, body = receiver.got[-1]
    assert json.loads(body) == json.loads(sent)
    assert headers["authorization"] == "Basic c29tZQ=="
    assert receiver.lines[-1].startswith("POST /accounting/hs/reglament/invoices ")
    fields = office.deal(deal).fields
    assert {"number": fields["invoice"], "id": fields["invoice_id"]} == json.loads(answered)
