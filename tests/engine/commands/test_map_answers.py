"""What is answered goes into the file, is remembered, and is proposed first for the next version."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest
from foreign_maps.verdicts import FOLDER, foreign_maps
from support.drawn_maps import END, START, chain, drawn, element, flow, step
from support.office import Office

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import Distribution
from engine.bpmn.findings import Severity
from engine.bpmn.questions import Because, QuestionKind
from engine.commands import definitions
from engine.commands.amending import AmendedMeanwhile
from engine.commands.definitions import check_map, deploy_definition, publishing_findings
from engine.commands.map_answers import (
    NobodyOfThatName,
    QuestionNotAsked,
    answer_questions,
    prepare_answers,
    prepare_reopening,
    reopen_question,
)
from engine.commands.publishing import publish_definition
from engine.errors import InvalidInput, NotAllowed, NotFound
from engine.model.department import Membership
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.queries.map_questions import MapQuestions, map_questions
from engine.queries.processes import process_of


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler without its child: what a child costs and stops is held elsewhere."""
    monkeypatch.setattr(definitions, "compile_in_child", compile_bpmn)


LANE = '<laneSet id="ls"><lane id="lane" name="Юристи"><flowNodeRef>check</flowNodeRef></lane></laneSet>'


def foreign(*, check: str = "check", key: str = "foreign", lane: str = "Юридичний відділ") -> dict[str, bytes]:
    """A map as it comes from a drawing tool: no stages, no deadlines, a decision without conditions."""
    content = drawn(
        LANE.replace("Юристи", lane).replace(">check<", f">{check}<"),
        START,
        step("call", "Подзвонити", responsible="Відділ продажів"),
        step(check, "Перевірити договір"),
        '<exclusiveGateway id="g"/>',
        END,
        chain("start", "call", check, "g"),
        flow("g", "end", "Так"),
        flow("g", "call", "Ні"),
        key=key,
    )
    return {"foreign.bpmn": content}


def deploy(office: Office, files: Mapping[str, bytes]) -> ProcessDefinition:
    return office.do("owner", deploy_definition, check_map(files, library={}))


def questions(office: Office, definition_id: int) -> MapQuestions:
    with office.database.read() as session:
        return map_questions(session, office.actor("owner"), definition_id)


def answer(
    office: Office, definition_id: int, given: Mapping[str, str], *, login: str = "owner", read_revision: int = 1
) -> ProcessDefinition:
    prepared = prepare_answers(
        office.database,
        definition_id,
        given,
        read_revision=read_revision,
        actor=office.actor(login),
        library={},
    )
    return office.do(login, answer_questions, prepared)


def proposed(asked: MapQuestions) -> dict[str, str]:
    return {one.question.id: one.preselected for one in asked.asked}


def errors_of(office: Office, definition_id: int) -> set[str]:
    with office.database.read() as session:
        found = publishing_findings(session, session.get_one(ProcessDefinition, definition_id))
    return {one.code for one in found if one.severity is Severity.ERROR}


def test_with_all_proposals_taken_a_foreign_map_can_be_published_and_sold_by(office: Office) -> None:
    definition = deploy(office, foreign())
    asked = questions(office, definition.id)
    assert [one.question.id for one in asked.asked] == [
        "stage:call",
        "deadline:call",
        "stage:check",
        "deadline:check",
        "decision:g",
    ]
    assert asked.required == 4
    assert {"STAGE_MISSING", "DEADLINE_MISSING"} <= errors_of(office, definition.id)
    answered = answer(office, definition.id, proposed(asked))
    assert (answered.id, answered.revision) == (definition.id, 2)
    after = questions(office, definition.id)
    assert (after.asked, len(after.given), after.total) == ((), 5, 5)
    assert errors_of(office, definition.id) == set()
    office.do("owner", publish_definition, definition.id)
    deal = office.open_deal(definition_key="foreign")
    office.complete("olena", "call", deal=deal)
    assert [item.name for item in office.open_steps(deal)] == ["Перевірити договір"]


def test_a_drawing_of_another_tool_is_published_with_the_proposals_alone(office: Office) -> None:
    """Dozens of questions: pools, decisions, stages, deadlines, and lanes whose names nobody bears."""
    name = next((one for one in foreign_maps() if one.startswith("08-")), None)
    if name is None:
        pytest.skip(f"there is no folder {FOLDER} with diagrams of others")
    definition = deploy(office, {name: (FOLDER / name).read_bytes()})
    asked = questions(office, definition.id)
    assert len(asked.asked) > 40
    assert any(one.question.kind is QuestionKind.WHO for one in asked.asked)
    answer(office, definition.id, proposed(asked))
    assert questions(office, definition.id).asked == ()
    assert errors_of(office, definition.id) == set()
    assert office.do("owner", publish_definition, definition.id).state is DefinitionState.PUBLISHED


def test_some_answers_are_kept_and_the_rest_is_asked_on(office: Office) -> None:
    definition = deploy(office, foreign())
    answer(office, definition.id, {"stage:call": "Контакт", "deadline:call": "1 р.д."})
    after = questions(office, definition.id)
    assert [one.question.id for one in after.asked] == ["stage:check", "deadline:check", "decision:g"]
    assert (len(after.given), after.total, after.revision) == (2, 5, 2)
    # The stage that was just named is proposed for the step behind it.
    assert after.asked[0].question.proposals[0].value == "Контакт"


def test_the_next_version_proposes_what_was_answered_before(office: Office) -> None:
    first = deploy(office, foreign())
    given = {"stage:call": "Контакт", "deadline:call": "5 р.д.", "stage:check": "Договір", "decision:g": "ask"}
    answer(office, first.id, given)
    second = deploy(office, foreign())
    asked = questions(office, second.id)
    before = {one.question.id: one.preselected for one in asked.asked if one.is_answered_before}
    assert before == given
    told = asked.asked[0].question.proposals[0]
    assert (told.because, told.params["by"]) == (Because.ANSWERED_BEFORE, "Наталія Гриценко")
    answer(office, second.id, before)
    assert [one.question.id for one in questions(office, second.id).asked] == ["deadline:check"]


def test_an_element_with_another_id_keeps_its_answers_by_its_name_and_a_vanished_one_is_dropped(
    office: Office,
) -> None:
    first = deploy(office, foreign())
    answer(office, first.id, {"stage:check": "Договір", "deadline:check": "5 р.д.", "stage:call": "Контакт"})
    renamed = questions(office, deploy(office, foreign(check="Activity_1x9")).id)
    before = {one.question.id: one.preselected for one in renamed.asked if one.is_answered_before}
    assert before == {"stage:Activity_1x9": "Договір", "deadline:Activity_1x9": "5 р.д.", "stage:call": "Контакт"}
    without = drawn(START, step("new", "Інше"), END, chain("start", "new", "end"), key="foreign")
    dropped = questions(office, deploy(office, {"foreign.bpmn": without}).id)
    assert not any(one.is_answered_before for one in dropped.asked)


def test_the_second_of_two_is_told_and_nothing_is_written_over(office: Office) -> None:
    definition = deploy(office, foreign())
    answer(office, definition.id, {"stage:call": "Перший"})
    with pytest.raises(AmendedMeanwhile):
        answer(office, definition.id, {"stage:call": "Другий"})
    with office.database.read() as session:
        assert process_of(session, definition.id).steps["call"].stage == "Перший"


def test_answers_to_a_published_version_make_a_draft_of_it(office: Office) -> None:
    definition = deploy(office, foreign())
    given = proposed(questions(office, definition.id))
    del given["decision:g"]
    answer(office, definition.id, given)
    office.do("owner", publish_definition, definition.id)
    draft = answer(office, definition.id, {"decision:g": "ask"}, read_revision=2)
    assert (draft.state, draft.version, draft.based_on_id) == (DefinitionState.DRAFT, 2, definition.id)
    assert questions(office, draft.id).asked == ()


def test_another_pool_is_another_map(office: Office) -> None:
    ours = '<process id="ours" name="Ми">' + step("a", "А") + step("a2", "А2") + chain("a", "a2") + "</process>"
    theirs = '<process id="theirs" name="Вони">' + step("c", "В") + "</process>"
    files = {"two.bpmn": drawn("", around=ours + theirs)}
    definition = deploy(office, files)
    answered = answer(office, definition.id, {"pool:ours": "theirs"})
    assert (answered.key, answered.version, answered.id == definition.id) == ("theirs", 1, False)
    assert questions(office, definition.id).state is DefinitionState.DRAFT
    again = questions(office, deploy(office, files).id)
    assert (again.key, again.asked[0].preselected, again.asked[0].is_answered_before) == ("ours", "theirs", True)


def test_a_name_that_nobody_bears_is_asked_once_for_all_of_its_steps(office: Office) -> None:
    definition = deploy(office, foreign(lane="Акустики"))
    asked = {one.question.id: one for one in questions(office, definition.id).asked}
    who = asked["who:Акустики"]
    assert who.element_ids == ("check",)
    assert {"=owner", "Юридичний відділ"} <= {one.value for one in who.question.proposals}
    with pytest.raises(InvalidInput) as refused:
        answer(office, definition.id, {"who:Акустики": "Ніхто"})
    assert isinstance(refused.value.errors["who:Акустики"], NobodyOfThatName)
    answer(office, definition.id, {"who:Акустики": "Юридичний відділ"})
    with office.database.read() as session:
        assert process_of(session, definition.id).steps["check"].responsible == ("Юридичний відділ",)
    assert not any(one.question.kind is QuestionKind.WHO for one in questions(office, definition.id).asked)


def test_to_whom_of_a_department_its_steps_go_is_asked_once_while_nothing_says_it(office: Office) -> None:
    definition = deploy(office, foreign())
    asked_of = "distribution:Юридичний відділ"
    assert asked_of not in {one.question.id for one in questions(office, definition.id).asked}  # iryna is alone there
    with office.database.write() as session:
        for person in (office.company.petro, office.company.oksana):
            session.add(Membership(person_id=person.id, department_id=office.company.legal.id))
    asked = {one.question.id: one for one in questions(office, definition.id).asked}
    assert not any(one.endswith("Відділ продажів") for one in asked)  # there a deal's owner has the step
    assert (asked[asked_of].element_ids, asked[asked_of].preselected) == (("check",), "claim")
    assert not asked[asked_of].question.is_required
    answer(office, definition.id, {asked_of: "round_robin"})
    with office.database.read() as session:
        steps = process_of(session, definition.id).steps
    assert [steps[one].distribution for one in ("check", "call")] == [Distribution.ROUND_ROBIN, None]
    again = questions(office, definition.id)
    assert asked_of not in {one.question.id for one in again.asked}
    assert (again.given[0].kind, again.given[0].answer) == (QuestionKind.DISTRIBUTION, "round_robin")


def test_an_answer_can_be_taken_back(office: Office) -> None:
    definition = deploy(office, foreign())
    answer(office, definition.id, {"stage:call": "Контакт", "decision:g": "ask"})
    prepare = partial(prepare_reopening, office.database, definition.id, actor=office.actor("owner"), library={})
    prepared = prepare(QuestionKind.DECISION, "g", read_revision=2)
    office.do("owner", reopen_question, prepared, QuestionKind.DECISION, "g")
    after = questions(office, definition.id)
    assert "decision:g" in {one.question.id for one in after.asked}
    assert [one.element_id for one in after.given] == ["call"]
    with pytest.raises(NotFound):
        prepare(QuestionKind.DECISION, "nothing", read_revision=3)


def test_what_is_not_asked_is_refused_with_everything_else_that_is_wrong(office: Office) -> None:
    definition = deploy(office, foreign())
    with pytest.raises(InvalidInput) as refused:
        answer(office, definition.id, {"stage:nowhere": "X", "deadline:call": "колись", "stage:call": "Добре"})
    errors = refused.value.errors
    assert {*errors} == {"stage:nowhere", "deadline:call"}
    assert isinstance(errors["stage:nowhere"], QuestionNotAsked)
    assert questions(office, definition.id).revision == 1


def test_only_those_who_may_deploy_maps_answer(office: Office) -> None:
    definition = deploy(office, foreign())
    with pytest.raises(NotAllowed):
        answer(office, definition.id, {"stage:call": "Контакт"}, login="olena")


def test_the_company_s_published_steps_say_how_long_such_a_step_takes(office: Office) -> None:
    first = deploy(office, foreign())
    given = proposed(questions(office, first.id)) | {"deadline:check": "7 р.д.", "stage:check": "Юридична перевірка"}
    answer(office, first.id, given)
    office.do("owner", publish_definition, first.id)
    other = drawn(START, element("userTask", "x", "Перевірити договір"), END, chain("start", "x", "end"), key="other")
    asked = {one.question.id: one for one in questions(office, deploy(office, {"other.bpmn": other}).id).asked}
    assert asked["deadline:x"].question.proposals[0].value == "7 р.д."
    assert asked["deadline:x"].question.proposals[0].because is Because.COMPANY_USUAL
    assert asked["stage:x"].preselected == "Юридична перевірка"
    # The words of the step's name mean a department.
    assert asked["responsible:x"].preselected == "Юридичний відділ"


def test_a_name_that_nobody_bears_is_proposed_to_no_other_step(office: Office) -> None:
    unowned = drawn(
        START,
        step("a", responsible="demo"),
        step("b"),
        step("c", responsible="demo"),
        END,
        chain("start", "a", "b", "c", "end"),
    )
    definition = deploy(office, {"foreign.bpmn": unowned})
    asked = next(one for one in questions(office, definition.id).asked if one.question.id == "responsible:b")
    assert "demo" not in {one.value for one in asked.question.proposals}
    assert asked.preselected == "=owner"
