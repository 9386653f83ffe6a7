"""Letters that maps write, fields that they set, deals that they open on other maps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select, update
from support.called_maps import calling_map, on_error
from support.drawn_maps import END, START, bag, chain, drawn, element, step
from support.office import Office
from support.office_documents import docx, part
from support.post_office import PostOffice

from engine.bpmn.compile import compile_bpmn
from engine.commands.deal_files import add_made_file
from engine.db.session import Database
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.deal_file import StoredFile
from engine.model.incident import Incident, IncidentState
from engine.model.process_definition import DefinitionFile
from engine.model.process_instance import ProcessInstance
from engine.policy.permissions import Actor
from engine.queries.deal_files import files_of_deal
from engine.queries.stored_files import content_of
from tasks.jobs import sweep

pytestmark = pytest.mark.usefixtures("services")

LETTER = {
    "connector": "mail",
    "to": "client",
    "subject": "Угода {{ deal.number }}\r\nBcc: evil@example.com",
    "text": "Вітаємо, {{ client.name }}!",
}


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    """What both databases do alike is tried on one; rows and locks are tried on both with jobs of programs outside."""
    database = Database(sqlite_database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


def standing(office: Office, deal: Deal) -> list[str]:
    return [one.element_id for one in office.open_steps(deal)]


def problems(office: Office) -> list[str]:
    with office.database.read() as session:
        found = session.scalars(select(Incident).where(Incident.state == IncidentState.OPEN))
        return [repr(one.params) for one in found]


def with_address(office: Office, deal: Deal, address: str) -> None:
    with office.database.write() as session:
        session.execute(update(Client).where(Client.id == deal.client_id).values(email=address))


def deals(office: Office) -> list[Deal]:
    with office.database.read() as session:
        return list(session.scalars(select(Deal).order_by(Deal.id)))


def test_a_letter_goes_to_the_client_once_and_the_history_says_where_to(
    office: Office, post_office: PostOffice
) -> None:
    office.publish(calling_map(**LETTER))
    deal = office.open_deal()
    with_address(office, deal, "info@promin.example.com")
    sweep()
    sweep()
    (letter,) = post_office.letters
    assert (letter["To"], letter["Bcc"]) == ("info@promin.example.com", None)
    assert letter["Subject"] == f"Угода {deal.number} Bcc: evil@example.com"
    assert letter.get_content().strip() == "Вітаємо, ТОВ «Промінь»!"
    assert standing(office, deal) == ["after"]
    (told,) = (event.data for event in office.history(deal) if event.kind == "call_completed")
    assert told["values"] == {"to": "info@promin.example.com"}


@pytest.mark.parametrize("to", ["client", "{{ deal.whom }}"])
def test_without_an_address_or_with_several_the_map_decides_what_then(office: Office, to: str) -> None:
    office.publish(calling_map(*on_error("", "ask"), **(LETTER | {"to": to})))
    deal = office.open_deal(fields={"whom": "a@example.com, b@example.com"})
    sweep()
    assert standing(office, deal) == ["ask"]


def test_fields_are_set_by_expressions_and_texts_and_conditions_read_them(office: Office) -> None:
    said = {
        "connector": "fields",
        "set.deal.amount": "= deal.amount * 2",
        "set.mark": "{{ client.name }}: великий",
        "set.score": "= 5 + 1",
    }
    office.publish(calling_map(**said))
    deal = office.open_deal(amount=Decimal("10.25"))
    sweep()
    now = office.deal(deal)
    assert (str(now.amount), now.fields) == ("20.50", {"mark": "ТОВ «Промінь»: великий", "score": "6"})
    assert standing(office, deal) == ["after"]


def test_a_step_opens_a_deal_of_the_same_client_on_another_map_once(office: Office) -> None:
    said = {"connector": "map", "map": "sale", "title": "Сервіс: {{ deal.title }}", "set.source": "{{ deal.number }}"}
    office.publish(
        calling_map(**said, **{"result.service": "answer.number", "set.deal.amount": "= 5"}).model_copy(
            update={"key": "main"}
        )
    )
    deal = office.open_deal(definition_key="main")
    sweep()
    sweep()
    first, opened = deals(office)
    assert (opened.title, opened.client_id, opened.owner_id) == (f"Сервіс: {deal.title}", deal.client_id, deal.owner_id)
    assert (opened.fields, opened.amount) == ({"source": deal.number}, Decimal(5))
    assert first.fields["service"] == opened.number
    assert standing(office, opened) == ["prepare"]
    assert "opened_by_step" in office.kinds(opened)


def test_maps_that_open_one_another_are_stopped(office: Office) -> None:
    process = calling_map(connector="map", map="main").model_copy(update={"key": "main"})
    office.publish(process)
    office.open_deal(definition_key="main")
    for _ in range(15):
        sweep()
    assert len(deals(office)) == 11
    (problem,) = problems(office)
    assert "open one another" in problem
    with office.database.read() as session:
        assert session.query(ProcessInstance).count() == 11


DOCUMENT = {
    "connector": "document",
    "template": "offer.docx",
    "file_name": "Пропозиція {{ deal.number }} / {{ client.name }}",
    "result.offer": "answer.name",
    "result.offer_id": "answer.file_id",
}


def publish_document_map(office: Office, template: bytes, **said: str) -> None:
    call = element("serviceTask", "call", "Скласти пропозицію", bag(**(DOCUMENT | said)))
    after = step("after", "Надіслати", відповідальний="власник угоди", етап="Пропозиція", термін="2 р.д.")
    lost = on_error("template_missing", "ask")
    around = '<error id="e" name="Немає шаблону" errorCode="template_missing"/>'
    files = {
        "sale.bpmn": drawn(START, call, after, END, chain("start", "call", "after", "end"), *lost, around=around),
        "offer.docx": template,
    }
    process = compile_bpmn(files).process
    assert process is not None
    definition = office.publish(process)
    with office.database.write() as session:
        session.add(
            DefinitionFile(
                definition_id=definition.id,
                name="offer.docx",
                content=template,
                sha256=hashlib.sha256(template).hexdigest(),
            )
        )


def test_a_document_is_made_once_and_a_second_one_of_its_name_is_a_new_version(office: Office) -> None:
    template = docx(("Для {{ client.name }}: ", "{{ deal.amount", " }} грн"))
    publish_document_map(office, template, file_name="Пропозиція {{ client.name }}")
    deal = office.open_deal(amount=Decimal("10.25"))
    sweep()
    sweep()
    with office.database.read() as session:
        (file,) = files_of_deal(session, office.actor("olena"), deal.id)
    content = b"".join(content_of(office.database, file.sha256))
    assert (file.name, file.version, file.step) == ("Пропозиція ТОВ «Промінь».docx", 1, "Скласти пропозицію")
    assert "Для ТОВ «Промінь»: " in part(content)
    assert "10.25" in part(content)
    assert standing(office, deal) == ["after"]
    assert office.deal(deal).fields == {"offer": file.name, "offer_id": file.id}
    (told,) = (event.data for event in office.history(deal) if event.kind == "file_added")
    assert (told["sha256"], told["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    with office.database.write() as session:
        again = add_made_file(
            session,
            session.get_one(Deal, deal.id),
            file.name,
            content,
            media_type=file.media_type,
            step="Ще раз",
            actor=Actor.system(),
            at=office.clock.now(),
        )
        assert (again.version, again.sha256) == (2, file.sha256)
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 1


def test_a_name_that_no_system_takes_is_made_harmless(office: Office) -> None:
    publish_document_map(office, docx(("x",)))
    deal = office.open_deal()
    sweep()
    with office.database.read() as session:
        (file,) = files_of_deal(session, office.actor("olena"), deal.id)
    assert file.name == f"Пропозиція {deal.number} - ТОВ «Промінь».docx"


def test_a_template_that_is_gone_is_an_error_that_the_map_catches(office: Office) -> None:
    publish_document_map(office, docx(("x",)))
    with office.database.write() as session:
        session.execute(delete(DefinitionFile).where(DefinitionFile.name == "offer.docx"))
    deal = office.open_deal()
    sweep()
    assert standing(office, deal) == ["ask"]
    assert "file_added" not in office.kinds(deal)
