"""An administrator repairs what a map decides by; nobody gives an approval that way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from support.canonical_maps import MapBuilder, after
from support.drawn_maps import END, START, bag, chain, compiled, element, flow
from support.office import Office
from support.parallel_returns import said_step
from support.sales_map import human

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.bpmn.inspection import variables_in
from engine.commands.approved_changes import ContentApproved
from engine.commands.external_jobs import complete_job, fetch_jobs
from engine.commands.interventions import NothingToUndo
from engine.commands.variables import set_variables, undo_variables
from engine.commands.work_items import save_draft
from engine.errors import InvalidInput, NotAllowed, NotFound
from engine.model.deal import Deal
from engine.model.intervention import Intervention
from engine.model.process_instance import ProcessInstance
from engine.queries.interventions import last_intervention
from engine.queries.work_items import work_item_view

WHY = "Помилка введення"


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """On SQLite; test_repairs_on_both.py takes the same commands over PostgreSQL, too."""
    return sqlite_database_url


def stored(office: Office) -> Mapping[str, Any]:
    with office.database.read() as session:
        return variables_in(session.query(ProcessInstance).one().execution_state)


def last_id(office: Office) -> int:
    with office.database.read() as session:
        return session.query(Intervention).order_by(Intervention.id.desc()).limit(1).one().id


@pytest.fixture
def deal(office: Office) -> Deal:
    """Its offer was returned for rework, so that nothing stands approved."""
    deal = office.open_deal()
    office.prepare(discount="7,5")
    office.complete("iryna", "legal", "returned", comment="Переробіть")
    office.complete("oksana", "finance", "approved")
    office.complete("petro", "logistics", "approved")
    return deal


def test_a_variable_keeps_the_type_of_its_field(office: Office, deal: Deal) -> None:
    office.do("admin", set_variables, deal.id, {"discount": "12,5"}, WHY)
    assert office.deal(deal).fields["discount"] == "12.5"
    (event,) = (one for one in office.history(deal) if one.kind == "variables_set")
    assert event.data == {"changes": {"discount": ["7.5", "12.5"]}, "reason": WHY, "undoes": False}


def test_what_does_not_fit_the_field_is_refused(office: Office, deal: Deal) -> None:
    for values in ({"discount": "багато"}, {"discount": "80"}, {"невідома": "1"}, {}):
        with pytest.raises(InvalidInput):
            office.do("admin", set_variables, deal.id, values, WHY)
    with pytest.raises(InvalidInput):
        office.do("admin", set_variables, deal.id, {"discount": "3"}, " ")
    assert office.deal(deal).fields["discount"] == "7.5"


@pytest.mark.parametrize(
    ("held", "typed", "shown"),
    [("5", "5,0", "9"), ("5", "5", "9"), ("5", "50", "50"), ("5", "", ""), ("1.250", "1250", "1250")],
)
def test_a_form_that_somebody_has_begun_shows_what_was_set_where_they_typed_nothing(
    office: Office, held: str, typed: str, shown: str
) -> None:
    deal = office.open_deal(fields={"discount": held})
    step = office.step("prepare")
    office.do("olena", save_draft, step.id, {"discount": typed, "deal.amount": "90"}, comment="Ще думаю")
    office.do("admin", set_variables, deal.id, {"discount": "9"}, "Помилка в картці")
    with office.database.read() as session:
        view = work_item_view(session, office.actor("olena"), step.id, office.clock.now())
    assert (view.typed, view.draft_comment) == ({"discount": shown, "deal.amount": "90"}, "Ще думаю")


def test_an_approval_is_not_given_by_writing_a_variable(office: Office, deal: Deal) -> None:
    with pytest.raises(InvalidInput) as refused:
        office.do("admin", set_variables, deal.id, {"legal_outcome": "approved"}, WHY)
    assert refused.value.errors["legal_outcome"].code == "outcome_not_settable"
    assert stored(office).get("legal_outcome") != "approved"


def test_what_people_approve_is_not_changed_behind_them(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    with pytest.raises(ContentApproved):
        office.do("admin", set_variables, deal.id, {"discount": "1"}, WHY)
    assert office.deal(deal).fields["discount"] == "7.5"


def test_a_variable_gets_its_former_value_back_while_nothing_has_happened(office: Office, deal: Deal) -> None:
    office.do("admin", set_variables, deal.id, {"discount": "12,5"}, WHY)
    office.do("admin", undo_variables, deal.id, last_id(office))
    assert office.deal(deal).fields["discount"] == "7.5"
    with pytest.raises(NothingToUndo):
        office.do("admin", undo_variables, deal.id, last_id(office))
    office.do("admin", set_variables, deal.id, {"discount": "12,5"}, WHY)
    office.prepare(discount="5")
    with pytest.raises(NothingToUndo):
        office.do("admin", undo_variables, deal.id, last_id(office))


@pytest.mark.parametrize("behind", ["step", "timer"])
def test_what_an_awaited_condition_has_set_going_is_not_undone_in_silence(office: Office, behind: str) -> None:
    builder = MapBuilder(key="watching")
    builder.start()
    builder.step("work")
    builder.boundary("large", "work", builder.conditional("large", "discount > 10"))
    for end in ("done", "checked"):
        builder.end(end)
    if behind == "step":
        builder.step("check")
    else:
        builder.catch("check", builder.timer("check", after(days=1)))
    builder.chain("start", "work", "done")
    builder.chain("large", "check", "checked")
    steps = {one: human(one, one, "власник угоди", "Етап") for one in ("work", "check")}
    discount = FieldDefinition(name="discount", label="Знижка", type=FieldType.NUMBER)
    steps["work"] = steps["work"].model_copy(update={"fields": (discount,)})
    office.publish(builder.build({"discount"}).model_copy(update={"steps": steps}))
    watched = office.open_deal(definition_key="watching", fields={"discount": "1"})
    office.do("admin", set_variables, watched.id, {"discount": "5"}, WHY)
    office.do("admin", undo_variables, watched.id, last_id(office))
    assert [one.element_id for one in office.open_steps(watched)] == ["work"]
    office.do("admin", set_variables, watched.id, {"discount": "12"}, WHY)
    assert "work" not in {one.element_id for one in office.open_steps(watched)}
    with office.database.read() as session:
        last = last_intervention(session, watched.id)
    assert last is not None
    assert not last.may_undo
    with pytest.raises(NothingToUndo):
        office.do("admin", undo_variables, watched.id, last_id(office))
    assert office.deal(watched).fields["discount"] == "12"


def test_what_an_earlier_version_let_somebody_set_is_given_back_as_it_was(office: Office, deal: Deal) -> None:
    office.do("admin", set_variables, deal.id, {"discount": "12,5"}, WHY)
    before = {"discount": "7.5", "scan": [{"name": "договір.pdf"}]}
    with office.database.write() as session:  # of a file, say, which nobody can set any more
        session.query(Intervention).order_by(Intervention.id.desc()).limit(1).one().former = before
    office.do("admin", undo_variables, deal.id, last_id(office))
    assert office.deal(deal).fields.items() >= before.items()


def test_only_the_administrator_repairs(office: Office, deal: Deal) -> None:
    for login in ("olena", "bohdan", "owner"):
        with pytest.raises(NotAllowed):
            office.do(login, set_variables, deal.id, {"discount": "1"}, WHY)
    with pytest.raises(NotFound):
        office.do("danylo", set_variables, deal.id, {"discount": "1"}, WHY)


def test_a_repeated_command_writes_once(office: Office, deal: Deal) -> None:
    for _ in range(2):
        office.do("admin", set_variables, deal.id, {"discount": "12,5"}, WHY, command_id="v-1")
    assert office.kinds(deal).count("variables_set") == 1


def rated(office: Office, condition: str, rating: Any) -> Deal:
    """A program gave the deal its rating, which no form asks for; the map decides by it behind a step."""
    rating_of_program = {"connector": "job", "topic": "score", "result.rating": "rating"}
    office.publish(
        compiled(
            START,
            element("serviceTask", "rate", "Оцінити", bag(**rating_of_program)),
            said_step("check", "Перевірити", "=owner"),
            element("exclusiveGateway", "good", "Добре?", default="to_bad"),
            said_step("sell", "Продати", "=owner"),
            said_step("refuse", "Відмовити", "=owner"),
            END,
            chain("start", "rate", "check", "good"),
            flow("good", "sell", condition=condition),
            flow("good", "refuse", flow_id="to_bad"),
            chain("sell", "end"),
            chain("refuse", "end"),
        )
    )
    deal = office.open_deal()
    (job,) = office.do("owner", fetch_jobs, ["score"], "w1", limit=10, lock_s=3600)
    complete_job(office.database, job, "w1", {"rating": rating}, actor=office.actor("owner"), clock=office.clock)
    return deal


@pytest.mark.parametrize(
    ("condition", "given", "wanted", "way"),
    [
        ("rating > 5", 9, 3, "refuse"),
        ("rating > 5", 9, "3,5", "refuse"),
        ("rating > 5", 2.5, 7.25, "sell"),
        ("rating > 5", None, "7", "sell"),
        ("rating > 5", "поганий", "7", "sell"),
        ('rating > 5 and deal.currency == "UAH"', 2, "7", "sell"),
        ("= rating", False, "так", "sell"),
        ("= rating", None, "так", "sell"),
        ("= rating", True, False, "refuse"),
        ('rating == "A"', "B", "A", "sell"),
    ],
)
def test_what_no_form_asks_for_stays_a_number_or_a_yes(
    office: Office, condition: str, given: Any, wanted: Any, way: str
) -> None:
    deal = rated(office, condition, given)
    office.do("admin", set_variables, deal.id, {"rating": wanted}, WHY)
    office.complete("olena", "check")
    assert [one.element_id for one in office.open_steps(deal)] == [way]


def test_what_no_form_asks_for_is_a_number_again_when_it_is_taken_back(office: Office) -> None:
    deal = rated(office, "rating > 5", 8.5)
    office.do("admin", set_variables, deal.id, {"rating": "3"}, WHY)
    office.do("admin", undo_variables, deal.id, last_id(office))
    office.complete("olena", "check")
    assert [one.element_id for one in office.open_steps(deal)] == ["sell"]


@pytest.mark.parametrize("wanted", ["багато", [1, 2], {"a": 1}, "2026-12-01"])
def test_what_is_no_number_does_not_take_the_place_of_one(office: Office, wanted: Any) -> None:
    deal = rated(office, "rating > 5", 9)
    with pytest.raises(InvalidInput):
        office.do("admin", set_variables, deal.id, {"rating": wanted}, WHY)
    assert office.deal(deal).fields["rating"] == 9


def test_a_file_by_which_a_map_decides_is_not_written_over_by_a_text(office: Office) -> None:
    builder = MapBuilder()
    builder.start()
    builder.step("ask")
    builder.end()
    builder.chain("start", "ask", "end")
    contract = FieldDefinition(name="contract", label="Договір", type=FieldType.FILE)
    step = human("ask", "Додати договір", "власник угоди", "Етап").model_copy(update={"fields": (contract,)})
    office.publish(builder.build({"deal", "contract"}).model_copy(update={"steps": {"ask": step}}))
    deal = office.open_deal()
    with pytest.raises(InvalidInput) as refused:
        office.do("admin", set_variables, deal.id, {"contract": "договір.pdf"}, WHY)
    assert refused.value.errors["contract"].code == "file_not_settable"
    assert not office.deal(deal).fields.get("contract")
