"""Ways by which a deal could be asked for the same approval twice at once: taken back, waited for, or refused."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, bag, chain, drawn, element, flow, found, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity
from engine.bpmn.questions import EACH, WAIT, Because, QuestionKind

GATEWAYS = '<parallelGateway id="split"/><parallelGateway id="join"/><exclusiveGateway id="decide" name="Юрист?"/>'
SIDES = chain("split", "finance", "join")
OURS = ("APPROVAL_ASKED_TWICE", "RETURN_TAKES_BACK", "WAITS_FOR_ALL")


def codes(outcome: CompileOutcome) -> list[str]:
    return [one.code for one in outcome.findings if one.code in OURS]


def with_return(to: str, *more: str) -> CompileOutcome:
    """prepare → check → split → legal, decided at once, beside finance → join → sign; legal returns to ``to``."""
    return outcome_of(
        START,
        END,
        step("prepare", "Підготувати"),
        step("check", "Перевірити"),
        step("legal", "Юрист", approval="any"),
        step("finance", "Фінанси"),
        step("sign", "Підписати"),
        GATEWAYS,
        chain("start", "prepare", "check", "split", "legal", "decide"),
        flow("decide", "join", "Погоджено"),
        flow("decide", to, "На доопрацювання"),
        SIDES,
        chain("join", "sign", "end"),
        *more,
    )


def test_a_return_out_of_a_split_takes_back_what_is_open_beside_it() -> None:
    outcome = with_return("prepare")
    finding = found(outcome, "RETURN_TAKES_BACK")
    assert (finding.severity, finding.element_id) == (Severity.WARNING, "decide")
    assert finding.params == {"place": "Підготувати", "steps": "Фінанси"}
    assert not {"MAY_DEADLOCK", "RUNS_TWICE", "APPROVAL_ASKED_TWICE"} & {one.code for one in outcome.findings}
    assert outcome.process is not None
    (taken,) = outcome.process.withdrawals.values()
    assert {"legal", "finance", "join"} <= set(taken)
    assert not {"prepare", "sign"} & set(taken) - {"sign"}, "the place that it goes back to stays"


def test_a_return_to_the_step_itself_takes_nothing_back() -> None:
    outcome = with_return("legal")
    assert codes(outcome) == []
    assert outcome.process is not None
    assert not outcome.process.withdrawals


def test_a_return_behind_the_join_takes_nothing_back() -> None:
    outcome = outcome_of(
        START,
        END,
        step("prepare"),
        step("legal", approval="any"),
        step("finance", approval="any"),
        step("sign"),
        GATEWAYS,
        chain("start", "prepare", "split", "legal", "join", "decide"),
        SIDES,
        flow("decide", "sign", "Погоджено"),
        flow("decide", "prepare", "На доопрацювання"),
        chain("sign", "end"),
    )
    assert codes(outcome) == []


def test_a_branch_that_only_comes_to_an_end_stays_open() -> None:
    outcome = with_return(
        "prepare", step("archive", "В архів"), '<endEvent id="aside"/>', chain("split", "archive", "aside")
    )
    assert found(outcome, "RETURN_TAKES_BACK").params["steps"] == "Фінанси"
    assert outcome.process is not None
    (taken,) = outcome.process.withdrawals.values()
    assert "archive" not in taken


def test_two_returns_at_once_are_one() -> None:
    outcome = outcome_of(
        START,
        END,
        step("prepare"),
        step("legal", approval="any"),
        step("finance", approval="any"),
        step("sign"),
        GATEWAYS,
        '<exclusiveGateway id="money"/>',
        chain("start", "prepare", "split", "legal", "decide"),
        chain("split", "finance", "money"),
        flow("decide", "join", "Погоджено"),
        flow("decide", "prepare", "На доопрацювання", flow_id="legal_back"),
        flow("money", "join", "Погоджено"),
        flow("money", "prepare", "На доопрацювання", flow_id="finance_back"),
        chain("join", "sign", "end"),
    )
    assert codes(outcome) == ["RETURN_TAKES_BACK", "RETURN_TAKES_BACK"]
    assert outcome.process is not None
    ((withdrawal, taken),) = outcome.process.withdrawals.items()
    assert withdrawal in taken


def test_other_maps_are_executed_as_the_standard_says() -> None:
    """Nobody is asked for an approval: two tokens run side by side, and the map is told to."""
    outcome = outcome_of(
        START,
        END,
        step("prepare"),
        step("count"),
        step("pack"),
        '<exclusiveGateway id="again"/>' + GATEWAYS,
        chain("start", "prepare", "split", "count", "decide"),
        chain("split", "pack", "join", "end"),
        flow("decide", "join", "Так"),
        flow("decide", "prepare", "Ні"),
    )
    assert codes(outcome) == []
    assert "MAY_DEADLOCK" in {one.code for one in outcome.findings}


LEGAL = (
    '<startEvent id="in"/><endEvent id="yes"/><endEvent id="no"/><exclusiveGateway id="said"/>'
    + step("legal", "Юрист", approval="any")
    + chain("in", "legal", "said")
    + flow("said", "yes", "Погоджено")
    + flow("said", "no", "Відхилено")
)
CALL = '<startEvent id="begin"/><endEvent id="over"/><callActivity id="call" calledElement="legal_map"/>'
CALL += chain("begin", "call", "over")


@pytest.mark.parametrize(
    "part",
    [
        element("subProcess", "part", "Погодити", LEGAL),
        element("callActivity", "part", "Погодити", calledElement="legal_map"),
        element("callActivity", "part", "Погодити", calledElement="calling_map"),
        element("subProcess", "part", "Погодити", CALL),
    ],
    ids=["part", "call", "call of a call", "call in a part"],
)
def test_a_return_beside_takes_back_an_approval_however_deep_it_stands(part: str) -> None:
    """Else the answer to the text of round 1 would release the join of round 2."""
    called = (("legal_map", LEGAL), ("calling_map", CALL))
    around = "".join(f'<process id="{key}" isExecutable="true">{inner}</process>' for key, inner in called)
    ways = (
        chain("start", "again", "prepare", "split", "part", "join", "sign", "end"),
        chain("split", "count", "decide"),
        flow("decide", "join", "Досить", flow_id="enough"),
        flow("decide", "again", "Ще раз", flow_id="back"),
    )
    steps = step("prepare"), step("count"), step("sign"), '<exclusiveGateway id="again"/>' + GATEWAYS
    outcome = compile_bpmn({"map.bpmn": drawn(START, END, part, *steps, *ways, around=around)}, process_key="sale")
    assert codes(outcome) == ["RETURN_TAKES_BACK"]
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    run.complete("prepare")
    run.complete("count", "back")
    assert run.open == ["prepare"]
    run.complete("prepare")
    run.complete("count", "enough")
    assert [outcome.process.steps[one].name for one in run.open] == ["Юрист"]


def meeting_before_legal(said: str = "") -> CompileOutcome:
    """Two branches lead straight to a step before the approval, of which the owner has said whether it waits."""
    return outcome_of(
        START,
        END,
        step("count", "Порахувати"),
        step("pack", "Спакувати"),
        step("meet", "Зібрати", **({"злиття": said} if said else {})),
        step("legal", "Юрист", approval="any"),
        '<parallelGateway id="split"/><exclusiveGateway id="decide"/>',
        chain("start", "split", "count", "meet"),
        chain("split", "pack", "meet", "legal", "decide"),
        flow("decide", "end", "Погоджено"),
        flow("decide", "legal", "На доопрацювання"),
    )


def test_branches_that_meet_before_an_approval_wait_for_each_other() -> None:
    outcome = meeting_before_legal()
    assert codes(outcome) == ["WAITS_FOR_ALL"]
    assert found(outcome, "WAITS_FOR_ALL").element_id == "meet"
    (question,) = (one for one in outcome.questions if one.kind is QuestionKind.MERGE)
    assert (question.element_id, question.assumed) == ("meet", WAIT)


def test_where_the_owner_wants_them_to_wait_nothing_is_left_to_say() -> None:
    assert codes(meeting_before_legal(WAIT)) == []


def test_where_the_owner_wants_each_to_go_on_the_map_is_refused() -> None:
    outcome = meeting_before_legal(EACH)
    finding = found(outcome, "APPROVAL_ASKED_TWICE")
    assert (finding.severity, finding.element_id, finding.params["steps"]) == (Severity.ERROR, "legal", "Юрист")
    (question,) = (one for one in outcome.questions if one.kind is QuestionKind.MERGE)
    assert (question.element_id, question.is_required) == ("meet", True), "the answer that mends it is a press away"
    assert (question.preselected, question.proposals[0].because) == (WAIT, Because.ASKED_ONCE)


def chosen_before(approval: str) -> str:
    """split → a step or none by the sum → ``approval``, on to the join or back to the preparation."""
    return "".join(
        (
            step(approval, approval="any"),
            step(f"{approval}_more"),
            *(element("exclusiveGateway", f"{approval}_{one}") for one in ("choice", "merge", "decides")),
            chain("split", f"{approval}_choice"),
            flow(f"{approval}_choice", f"{approval}_more", condition="deal.amount > 100"),
            flow(f"{approval}_choice", f"{approval}_merge", condition="deal.amount <= 100"),
            chain(f"{approval}_more", f"{approval}_merge", approval, f"{approval}_decides"),
            flow(f"{approval}_decides", "join", "Погоджено"),
            flow(f"{approval}_decides", "prepare", "На доопрацювання"),
        )
    )


def test_a_choice_in_a_branch_is_no_meeting_of_branches() -> None:
    """Before a return takes the others back, two tokens could come by both its ways: the lawyer waited for finance."""
    outcome = outcome_of(
        START,
        END,
        step("prepare"),
        step("sign"),
        '<parallelGateway id="split"/><parallelGateway id="join"/>',
        chosen_before("legal"),
        chosen_before("finance"),
        chain("start", "prepare", "split"),
        chain("join", "sign", "end"),
    )
    assert codes(outcome) == ["RETURN_TAKES_BACK", "RETURN_TAKES_BACK"]
    assert outcome.process is not None
    assert set(outcome.process.withdrawals) == {"prepare_withdraw"}, "its id is that of a map without a choice"
    run = InstanceRun(outcome.process, deal={"amount": 50})
    run.complete("prepare")
    assert run.open == ["finance", "legal"]
    run.complete("finance", "returned")
    run.complete("prepare")
    assert run.open == ["finance", "legal"]


def test_an_approval_in_a_part_counts_for_the_part() -> None:
    inside = '<startEvent id="is"/>' + step("legal", "Юрист", approval="any") + '<endEvent id="ie"/>'
    outcome = outcome_of(
        START,
        END,
        step("count", "Порахувати"),
        step("pack", "Спакувати", злиття=EACH),
        element("subProcess", "part", "Погодити", inside + chain("is", "legal", "ie")),
        '<parallelGateway id="split"/><exclusiveGateway id="decide"/>',
        chain("start", "split", "count", "pack"),
        chain("split", "pack", "part", "decide"),
        flow("decide", "end", "Погоджено"),
        flow("decide", "part", "На доопрацювання"),
    )
    assert found(outcome, "APPROVAL_ASKED_TWICE").element_id == "part"


def returned_into_the_branch_of(part: str) -> CompileOutcome:
    """prepare → finance, who returns the deal to gather, beside gather → ``part``, which decides by itself."""
    map_of_part = f'<process id="legal_map" isExecutable="true">{LEGAL}</process>'
    diagram = drawn(
        START,
        END,
        *(step(one) for one in ("prepare", "gather", "sign")),
        step("finance", "Фінанси", approval="any"),
        part,
        GATEWAYS,
        chain("start", "prepare", "split", "gather", "part", "join", "sign", "end"),
        chain("split", "finance", "decide"),
        flow("decide", "join", "Погоджено"),
        flow("decide", "gather", "На доопрацювання"),
        around=map_of_part,
    )
    return compile_bpmn({"map.bpmn": diagram}, process_key="sale")


@pytest.mark.parametrize(
    "part",
    [
        element("subProcess", "part", "Погодити", LEGAL),
        element("callActivity", "part", "Погодити", calledElement="legal_map"),
    ],
    ids=["part", "call"],
)
def test_a_part_that_may_run_twice_side_by_side_is_told_of(part: str) -> None:
    """Each run decides for itself, so nobody is passed by; but people have two requests at once."""
    finding = found(returned_into_the_branch_of(part), "PART_RUNS_BESIDE_ITSELF")
    assert (finding.severity, finding.element_id) == (Severity.WARNING, "part")
    assert finding.params == {"steps": "Юрист"}


def test_a_part_that_cannot_run_twice_is_not_nor_one_whose_owner_wants_it() -> None:
    wanted = element("subProcess", "part", "Погодити", bag(злиття=EACH) + LEGAL)
    assert "PART_RUNS_BESIDE_ITSELF" not in {one.code for one in returned_into_the_branch_of(wanted).findings}
    alone = with_return("prepare", element("subProcess", "part", "Погодити", LEGAL), chain("split", "part", "join"))
    assert "PART_RUNS_BESIDE_ITSELF" not in {one.code for one in alone.findings}


def returning_into_a_branch(meet: str, to: str, *more: str) -> CompileOutcome:
    """prepare → split → gather → pack beside count, both to ``meet`` → legal, who returns the deal to ``to``."""
    return outcome_of(
        START,
        END,
        *(step(one) for one in ("prepare", "gather", "pack", "count", "sign")),
        step("legal", approval="any"),
        meet,
        '<parallelGateway id="split"/><exclusiveGateway id="decide"/>',
        chain("start", "prepare", "split", "gather", "pack", "meet", "legal", "decide"),
        chain("split", "count", "meet"),
        flow("decide", "sign", "Погоджено"),
        flow("decide", to, "На доопрацювання"),
        chain("sign", "end"),
        *more,
    )


@pytest.mark.parametrize("to", ["gather", "pack"])
@pytest.mark.parametrize("meet", ['<exclusiveGateway id="meet"/>', step("meet")])
def test_a_return_into_one_branch_goes_through_that_branch_alone(meet: str, to: str) -> None:
    """Where it leads to nothing meets: what it comes from has waited for all branches already."""
    outcome = returning_into_a_branch(meet, to)
    assert codes(outcome) == ["WAITS_FOR_ALL"]
    assert found(outcome, "WAITS_FOR_ALL").element_id == "meet"
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    for name in ("prepare", "count", "gather", "pack"):
        run.complete(name)
    if "meet" in run.open:
        run.complete("meet")
    run.complete("legal", "returned")
    assert run.open == [to]


@pytest.mark.parametrize("to", ["gather", "pack"])
@pytest.mark.parametrize("join", ["parallelGateway", "inclusiveGateway"])
def test_an_alarm_in_a_branch_before_an_approval_begins_its_way_anew(join: str, to: str) -> None:
    timer = "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>"
    outcome = returning_into_a_branch(
        element(join, "meet"),
        "prepare",
        element("boundaryEvent", "alarm", "", timer, attachedToRef="pack", cancelActivity="false"),
        chain("alarm", to),
    )
    alarm = next(one for one in outcome.findings if one.code == "RETURN_TAKES_BACK" and one.element_id == "alarm")
    assert alarm.params == {"place": to, "steps": "pack"}
    assert "MAY_DEADLOCK" not in {one.code for one in outcome.findings}
    assert outcome.process is not None
    run = InstanceRun(outcome.process)
    for name in ("prepare", "count", "gather"):
        run.complete(name)
    run.fire("alarm")
    assert run.open == [to]
    for name in ("gather", "pack")[("gather", "pack").index(to) :]:
        run.complete(name)
    run.complete("legal", "approved")
    assert run.complete("sign").finished
