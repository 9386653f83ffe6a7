"""Can every deal finish? The checks of maps that wait for ever, never end, or spin without anybody."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, drawn, element, flow, found, outcome_of, step

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity
from engine.bpmn.questions import EACH, WAIT, QuestionKind


def test_an_exclusive_split_into_a_parallel_join_names_the_join_and_the_branches() -> None:
    outcome = outcome_of(
        START,
        step("t", "Крок"),
        '<exclusiveGateway id="split"/>',
        step("a", "Юрист"),
        step("b", "Фінанси"),
        element("parallelGateway", "join", "Разом"),
        END,
        chain("start", "t", "split", "a", "join", "end"),
        chain("split", "b", "join"),
    )
    finding = found(outcome, "DEADLOCK")
    assert outcome.process is None
    assert (finding.element_id, finding.element_name, finding.line) == ("join", "Разом", 9)
    assert finding.params["branches"] == "Фінанси, Юрист"


def test_a_join_that_waits_for_ever_on_some_paths_is_a_warning() -> None:
    outcome = outcome_of(
        START,
        '<parallelGateway id="fork"/>',
        step("a", "А"),
        step("b", "Б"),
        '<exclusiveGateway id="maybe"/>',
        '<endEvent id="early"/>',
        '<parallelGateway id="join"/>',
        END,
        chain("start", "fork", "a", "join", "end"),
        chain("fork", "b", "maybe", "join"),
        flow("maybe", "early", "Досить"),
    )
    assert outcome.process is not None
    assert found(outcome, "MAY_DEADLOCK").severity is Severity.WARNING


def test_a_loop_without_a_way_out_never_ends() -> None:
    outcome = outcome_of(START, step("a", "А"), step("b", "Б"), chain("start", "a", "b", "a"))
    assert outcome.process is None
    assert found(outcome, "NEVER_ENDS").element_id == "sale"


def test_a_sub_process_that_every_run_leaves_by_an_error_gives_no_way_on() -> None:
    def sale(last: str) -> CompileOutcome:
        inside = "".join(
            (
                '<startEvent id="s"/><parallelGateway id="fork"/>',
                step("a", "А"),
                step("b", "Б"),
                '<endEvent id="fine"/>',
                last,
                chain("s", "fork", "a", "fine"),
                chain("fork", "b", "last"),
            )
        )
        return outcome_of(
            START,
            f'<subProcess id="sub" name="Перевірка">{inside}</subProcess>',
            '<boundaryEvent id="caught" attachedToRef="sub"><errorEventDefinition/></boundaryEvent>',
            END,
            chain("start", "sub", "end"),
            chain("caught", "sub"),
        )

    always = sale('<endEvent id="last"><errorEventDefinition/></endEvent>')
    assert always.process is None
    assert found(always, "NEVER_ENDS").element_id == "sale"
    assert sale('<endEvent id="last"/>').process is not None


def test_a_trap_on_some_paths_is_a_warning() -> None:
    outcome = outcome_of(
        START,
        step("t", "Крок"),
        '<exclusiveGateway id="g"/>',
        END,
        step("a", "А"),
        step("b", "Б"),
        chain("start", "t", "g"),
        flow("g", "end", "Далі"),
        flow("g", "a", "Чекати"),
        chain("a", "b", "a"),
    )
    assert found(outcome, "MAY_NEVER_END").severity is Severity.WARNING


def test_a_loop_in_which_nobody_acts_is_refused_when_nothing_leads_out_of_it() -> None:
    throw = "intermediateThrowEvent"
    outcome = outcome_of(START, element(throw, "a", "А"), element(throw, "b", "Б"), chain("start", "a", "b", "a"))
    assert found(outcome, "LOOP_ENDLESS").severity is Severity.ERROR


def test_a_loop_on_a_condition_in_which_nobody_acts_is_a_warning() -> None:
    outcome = outcome_of(
        START,
        '<exclusiveGateway id="head"/>',
        '<exclusiveGateway id="g" default="out"/>',
        END,
        chain("start", "head", "g"),
        flow("g", "head", condition="deal.amount > 5"),
        flow("g", "end", flow_id="out"),
    )
    assert found(outcome, "LOOP_WITHOUT_WAIT").severity is Severity.WARNING


def test_a_loop_with_a_person_in_it_is_no_finding() -> None:
    outcome = outcome_of(
        START,
        step("t", "Крок"),
        '<exclusiveGateway id="g"/>',
        END,
        chain("start", "t", "g"),
        flow("g", "t", "Ще раз"),
        flow("g", "end", "Досить"),
    )
    assert not codes(outcome) & {"LOOP_WITHOUT_WAIT", "LOOP_ENDLESS", "NEVER_ENDS", "MAY_NEVER_END"}


def test_parallel_branches_that_meet_in_a_step_are_said_to_run_it_twice() -> None:
    outcome = outcome_of(
        START,
        '<parallelGateway id="fork"/>',
        step("a", "А"),
        step("b", "Б"),
        step("sum", "Підсумок"),
        END,
        chain("start", "fork", "a", "sum", "end"),
        chain("fork", "b", "sum"),
    )
    assert found(outcome, "RUNS_TWICE").element_id == "sum"


def test_a_branch_that_was_split_itself_is_said_to_meet_another() -> None:
    outcome = outcome_of(
        START,
        '<parallelGateway id="fork"/><parallelGateway id="inner"/><parallelGateway id="join"/>',
        step("legal", "Юрист"),
        step("finance", "Фінанси"),
        step("pack", "Спакувати"),
        step("sign", "Підписати"),
        END,
        chain("start", "fork", "inner", "legal", "join", "sign", "end"),
        chain("inner", "finance", "join"),
        chain("fork", "pack", "sign"),
    )
    assert found(outcome, "RUNS_TWICE").element_id == "sign"


def test_what_may_begin_before_an_approval_beside_it_is_answered_says_so() -> None:
    outcome = outcome_of(
        START,
        '<parallelGateway id="fork"/><exclusiveGateway id="decide"/><endEvent id="no"/>',
        step("legal", "Юрист", погодження="так"),
        step("pack", "Спакувати"),
        step("sign", "Підписати"),
        END,
        chain("start", "fork", "legal", "decide"),
        flow("decide", "sign", "Погоджено"),
        flow("decide", "no", "Відхилено"),
        chain("fork", "pack", "sign", "end"),
    )
    finding = found(outcome, "RUNS_BEFORE_APPROVAL")
    assert (finding.severity, finding.element_id, finding.params) == (Severity.WARNING, "sign", {"steps": "Юрист"})
    assert "RUNS_TWICE" not in codes(outcome)
    (question,) = (one for one in outcome.questions if one.kind is QuestionKind.MERGE)
    assert (question.element_id, question.proposals[0].value, question.assumed) == ("sign", WAIT, EACH)


def test_branches_that_are_joined_one_after_the_other_meet_nowhere() -> None:
    outcome = outcome_of(
        START,
        '<parallelGateway id="fork"/><parallelGateway id="two"/><parallelGateway id="all"/>',
        *(step(one) for one in ("a", "b", "c", "between", "after")),
        END,
        chain("start", "fork", "a", "two", "between", "all", "after", "end"),
        chain("fork", "b", "two"),
        chain("fork", "c", "all"),
    )
    assert "RUNS_TWICE" not in codes(outcome)


def test_an_unreachable_step_is_left_out_and_said() -> None:
    outcome = outcome_of(
        START, step("t", "Крок"), END, chain("start", "t", "end"), step("lost", "Забутий"), flow("lost", "end")
    )
    assert outcome.process is not None
    assert set(outcome.process.steps) == {"t"}
    assert found(outcome, "UNREACHABLE").element_name == "Забутий"


def test_an_inclusive_split_and_join_in_a_loop_are_sound() -> None:
    outcome = outcome_of(
        START,
        step("t", "Крок"),
        '<inclusiveGateway id="split"/>',
        step("a", "А"),
        step("b", "Б"),
        '<inclusiveGateway id="join"/>',
        step("u", "Перевірити"),
        '<exclusiveGateway id="g"/>',
        END,
        chain("start", "t", "split", "a", "join", "u", "g"),
        chain("split", "b", "join"),
        flow("g", "t", "Ще раз"),
        flow("g", "end", "Досить"),
    )
    assert outcome.process is not None
    assert not codes(outcome) & {"DEADLOCK", "MAY_DEADLOCK"}


@pytest.mark.parametrize("beside", ["a", "z"])  # whichever comes first
@pytest.mark.parametrize("stops", [True, False])
def test_what_goes_on_for_ever_hinders_nobody_else_from_ending_it(beside: str, *, stops: bool) -> None:
    """A person may begin the step again and again; one of its ends ends all of it."""
    outcome = outcome_of(
        START,
        '<exclusiveGateway id="merge"/>',
        step("m", "Обрати"),
        '<parallelGateway id="fork"/>',
        step(beside, "Дзвінок"),
        '<exclusiveGateway id="x"/>',
        END,
        '<endEvent id="over"><terminateEventDefinition/></endEvent>' if stops else '<endEvent id="over"/>',
        chain("start", "merge", "m", "fork", "merge"),
        chain("fork", beside, "x"),
        flow("x", "end", "Далі"),
        flow("x", "over", "Досить"),
    )
    assert (outcome.process is not None) is stops
    assert codes(outcome) & {"NEVER_ENDS", "MAY_NEVER_END"} == (set() if stops else {"NEVER_ENDS"})


def test_a_token_that_a_circle_takes_along_can_end_it() -> None:
    """Both ways out of the split lead back; only the second, beside the first, can lead out."""
    outcome = outcome_of(
        START,
        '<exclusiveGateway id="merge"/>',
        step("m", "Обрати"),
        '<parallelGateway id="fork"/>',
        step("z", "Дзвінок"),
        '<exclusiveGateway id="zx"/>',
        '<endEvent id="over"><terminateEventDefinition/></endEvent>',
        chain("start", "merge", "m", "fork", "merge"),
        chain("fork", "z", "zx"),
        flow("zx", "merge", "Ще раз"),
        flow("zx", "over", "Досить"),
    )
    assert not codes(outcome) & {"NEVER_ENDS", "MAY_NEVER_END"}


def test_an_error_in_which_a_circle_ends_lets_the_sub_process_go_no_way_on() -> None:
    def sale(name: str) -> CompileOutcome:
        inside = "".join(
            (
                '<startEvent id="s"/><exclusiveGateway id="merge"/><parallelGateway id="fork"/>',
                step("m", "Обрати"),
                step(name, "Дзвінок"),
                '<endEvent id="last"><errorEventDefinition/></endEvent>',
                chain("s", "merge", "m", "fork", "merge"),
                chain("fork", name, "last"),
            )
        )
        return outcome_of(
            START,
            f'<subProcess id="sub" name="Перевірка">{inside}</subProcess>',
            '<boundaryEvent id="caught" attachedToRef="sub"><errorEventDefinition/></boundaryEvent>',
            END,
            chain("start", "sub", "end"),
            chain("caught", "sub"),
        )

    for name in ("a", "z"):
        assert [one.element_id for one in sale(name).findings if one.code == "NEVER_ENDS"] == ["sale"], name


def test_thirty_branches_are_checked_within_the_bound() -> None:
    branches = [f"b{number}" for number in range(30)]
    parts = [START, '<parallelGateway id="fork"/>', '<parallelGateway id="join"/>', END, chain("start", "fork")]
    for branch in branches:
        gateway = f"g_{branch}"
        parts += [step(branch), element("exclusiveGateway", gateway), step(f"{branch}_x"), step(f"{branch}_y")]
        parts += [element("exclusiveGateway", f"m_{branch}"), chain("fork", branch, gateway)]
        parts += [flow(gateway, f"{branch}_x", "Так"), flow(gateway, f"{branch}_y", "Ні")]
        parts += [chain(f"{branch}_x", f"m_{branch}", "join"), chain(f"{branch}_y", f"m_{branch}")]
    outcome = compile_bpmn({"карта.bpmn": drawn(*parts, chain("join", "end"))})
    assert outcome.process is not None
    assert not codes(outcome) & {"DEADLOCK", "NEVER_ENDS"}
