"""Decision tables in the life of a deal: stored with the map, decided, told, failed and mended. On both databases."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import pytest
from sqlalchemy import select
from support.decision_tables import compile_with, deciding_map, dmn, table
from support.office import Office

from engine.bpmn.compile import compile_bpmn
from engine.commands.deals import update_deal
from engine.commands.definitions import check_map, deploy_definition, published_sources
from engine.commands.jumps import move_token, undo_move
from engine.commands.publishing import prepare_publishing, publish_definition
from engine.errors import InvalidInput, MapFailed
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.process_definition import DefinitionFile, ProcessDefinition
from engine.policy.permissions import Actor
from engine.queries.definition_files import uploaded_files
from engine.queries.definitions import definition_view


@pytest.fixture(autouse=True)
def compiled_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the child process, whose limits are proved elsewhere: it costs more than everything else here."""
    monkeypatch.setattr("engine.commands.definitions.compile_in_child", compile_bpmn)


TASK = '<businessRuleTask id="decide" name="Визначити межу знижки" camunda:decisionRef="limit"/>'
LIMIT = table(
    [("segment", "string", '"vip", "new"'), ("deal.amount", "number")],
    [("limit", "number"), ("approver", "string")],
    ('"vip"', ">= 1000", "10", '"bohdan"'),
    ('"vip"', "< 1000", "7.5", '"olena"'),
    ('"new"', "-", "5", '"olena"'),
)


def with_responsible(map_file: bytes, responsible: str) -> bytes:
    """The map with another responsible for the step behind the decision."""
    before, after, rest = map_file.partition(b'<userTask id="after"')
    return before + after + rest.replace(b"=owner", responsible.encode(), 1)


def put(office: Office, files: dict[str, bytes]) -> ProcessDefinition:
    with office.database.read() as session:
        library = published_sources(session)
    draft = office.do("owner", deploy_definition, check_map(files, library=library))
    prepared = prepare_publishing(office.database, draft.id)
    return office.do("owner", publish_definition, draft.id, prepared=prepared)


def files(said: str = LIMIT, task: str = TASK, key: str = "discount") -> dict[str, bytes]:
    return {"discount.bpmn": deciding_map(task, key=key), "limit.dmn": dmn(said)}


def deal_fields(office: Office, deal: Deal) -> dict[str, object]:
    return office.deal(deal).fields


def test_a_table_decides_in_the_step_before_it_and_history_says_by_which_rule(office: Office) -> None:
    put(office, files())
    deal = office.open_deal(definition_key="discount", amount=Decimal(2000))
    office.complete("olena", "ask", values={"segment": "vip"}, deal=deal)
    assert [one.element_id for one in office.open_steps(deal)] == ["after"]
    (made,) = (one for one in office.history(deal) if one.kind == "decision_made")
    assert made.data == {
        "name": "Визначити межу знижки",
        "element_id": "decide",
        "table": "Межа знижки",
        "rules": [1],
        "inputs": {"segment": "vip", "deal.amount": "2000.00"},
        "outputs": {"limit": 10, "approver": "bohdan"},
        "needed": {},
    }
    kinds = office.kinds(deal)
    assert kinds.index("step_completed") < kinds.index("decision_made") < len(kinds) - 1
    assert deal_fields(office, deal)["limit"] == 10


def test_what_a_table_decided_behind_a_move_is_undecided_when_the_move_is_undone(office: Office) -> None:
    put(office, files())
    deal = office.open_deal(definition_key="discount", amount=Decimal(2000))
    office.complete("olena", "ask", values={"segment": "vip"}, deal=deal)
    office.do("olena", update_deal, deal.id, {"amount": Decimal(20)})
    office.do("admin", move_token, deal.id, "decide", "Сума інша")
    assert deal_fields(office, deal) == {"segment": "vip", "limit": "7.5", "approver": "olena"}
    office.do("admin", undo_move, deal.id)
    assert deal_fields(office, deal) == {"segment": "vip", "limit": 10, "approver": "bohdan"}
    (_, told) = (one.data["changes"] for one in office.history(deal) if one.kind == "deal_changed")
    assert told == {"limit": ["7.5", 10], "approver": ["olena", "bohdan"]}


def test_what_a_table_decided_first_behind_a_move_is_gone_when_the_move_is_undone(office: Office) -> None:
    put(office, files())
    deal = office.open_deal(definition_key="discount", fields={"segment": "new"})
    office.do("admin", move_token, deal.id, "decide", "Сегмент відомий")
    assert deal_fields(office, deal) == {"segment": "new", "limit": 5, "approver": "olena"}
    office.do("admin", undo_move, deal.id)
    assert deal_fields(office, deal) == {"segment": "new"}
    assert [one.element_id for one in office.open_steps(deal)] == ["ask"]


def test_what_a_table_gave_names_the_responsible_of_the_next_step(office: Office) -> None:
    changed = files() | {"discount.bpmn": with_responsible(files()["discount.bpmn"], "=approver")}
    put(office, changed)
    deal = office.open_deal(definition_key="discount", amount=Decimal(2000))
    office.complete("olena", "ask", values={"segment": "vip"}, deal=deal)
    assert office.step("after", deal).assignee_id == office.company.bohdan.id


def test_what_only_a_table_gives_is_nobodys_to_edit(office: Office) -> None:
    """Else who owns the deal would choose who approves it."""
    put(office, files())
    deal = office.open_deal(definition_key="discount", amount=Decimal(2000))
    office.complete("olena", "ask", values={"segment": "vip"}, deal=deal)
    with pytest.raises(InvalidInput) as refused:
        office.do("olena", update_deal, deal.id, {"fields": {"approver": "olena", "note": "x"}})
    assert {name: error.code for name, error in refused.value.errors.items()} == {"approver": "decided_by_table"}
    office.do("olena", update_deal, deal.id, {"fields": {"approver": "bohdan", "segment": "new"}})
    assert deal_fields(office, deal) == {"segment": "new", "limit": 10, "approver": "bohdan"}


def test_a_number_that_a_table_gave_is_a_number_for_later_expressions(office: Office) -> None:
    responsible = "=if deal.limit &lt; 8 then approver else 'bohdan'"
    put(office, files() | {"discount.bpmn": with_responsible(files()["discount.bpmn"], responsible)})
    deal = office.open_deal(definition_key="discount", amount=Decimal(20))
    office.complete("olena", "ask", values={"segment": "vip"}, deal=deal)
    assert deal_fields(office, deal)["limit"] == "7.5"
    assert office.step("after", deal).assignee_id == office.company.olena.id


def test_rules_that_contradict_are_an_incident_and_the_step_waits(office: Office) -> None:
    clashing = table([("n", "number")], ["limit"], ("> 1", "1"), ("> 2", "2"))
    put(office, files(clashing))
    deal = office.open_deal(definition_key="discount")
    with pytest.raises(MapFailed):
        office.complete("olena", "ask", values={"n": "3"}, deal=deal)
    with office.database.read() as session:
        incident = session.scalars(select(Incident).where(Incident.deal_id == deal.id)).one()
        assert incident.params["problem_code"] == "RULES_CONTRADICT"
        assert incident.params["problem_params"] == {"table": "Межа знижки", "rules": "1, 2"}
        assert incident.element_id == "decide"
    assert office.step("ask", deal)
    office.complete("olena", "ask", values={"n": "2"}, deal=deal)
    with office.database.read() as session:
        assert session.get_one(Incident, incident.id).state is IncidentState.RESOLVED
    assert deal_fields(office, deal)["limit"] == 1


def test_tables_are_kept_byte_for_byte_and_come_back(office: Office) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in sorted(files().items(), reverse=True):
            archive.writestr(f"карта/{name}", content)
    definition = put(office, {"карта.zip": packed.getvalue()})
    with office.database.read() as session:
        kept = uploaded_files(session, Actor.system(), definition.id)
    assert kept == {f"карта/{name}": content for name, content in files().items()}
    assert next(iter(kept)) == "карта/discount.bpmn"


def test_the_view_of_a_map_shows_its_tables(office: Office) -> None:
    definition = put(office, files())
    with office.database.read() as session:
        (shown,) = definition_view(session, office.actor("owner"), definition.id).decisions
    assert (shown.decision.title, shown.tasks, shown.needed_by) == ("Межа знижки", ("Визначити межу знижки",), ())


def test_a_called_map_brings_its_tables_and_its_newest_ones(office: Office) -> None:
    put(office, files(key="inner"))
    outer = deciding_map('<callActivity id="decide" name="Знижка" calledElement="inner"/>', key="outer")
    put(office, {"outer.bpmn": outer})
    before = office.open_deal(definition_key="outer", amount=Decimal(2000))
    put(office, files(LIMIT.replace("<text>10<", "<text>12<"), key="inner"))
    after = office.open_deal(definition_key="outer", amount=Decimal(2000))
    for deal in (before, after):
        office.complete("olena", "ask", deal=deal)
        (inner,) = office.open_steps(deal)
        office.complete("olena", inner.element_id, values={"segment": "vip"}, deal=deal)
    assert [deal_fields(office, deal)["limit"] for deal in (before, after)] == [10, 12]


def test_a_draft_with_a_table_that_cannot_be_executed_is_kept_and_not_published(office: Office) -> None:
    checked = check_map(files(LIMIT.replace("<text>10<", "<text>ten percent<")), library={})
    draft = office.do("owner", deploy_definition, checked)
    assert [one["code"] for one in draft.findings if one["severity"] == "error"] == ["DMN_CELL_NOT_UNDERSTOOD"]
    with office.database.read() as session:
        names = session.scalars(select(DefinitionFile.name).where(DefinitionFile.definition_id == draft.id)).all()
    assert set(names) == {"discount.bpmn", "limit.dmn"}


def test_a_map_compiled_before_there_were_tables_is_still_read(office: Office) -> None:
    process = compile_with(deciding_map(), dmn(LIMIT)).process
    assert process is not None
    older = process.model_dump(mode="json", exclude={"decisions", "decision_tasks"})
    assert type(process).model_validate(older).decision_tasks == {}
    assert office.deal(office.open_deal()).fields == {}
