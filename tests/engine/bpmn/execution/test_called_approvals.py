"""A decision right behind a call follows what the approvals in the called map decided, where that is certain."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from support.called_approval_maps import ENDS, IN_TURN, LATE, RETURNS_OUT, calling_map, faults_of_walk, gate, upload
from support.drawn_maps import bag, chain, codes, drawn, element, flow, found, step
from support.instance_run import InstanceRun

from engine.bpmn.carrying import CarryOrder, carry
from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import StepKind
from engine.bpmn.findings import Severity
from engine.bpmn.inspection import answers_in_calls
from engine.bpmn.runtime import MoveToken

SOME = "approved", "returned", "rejected"
MAPS, WALKS = 60, 6


def begun(called: str, **said: str) -> InstanceRun:
    outcome = upload(called, **said)
    assert outcome.process is not None, outcome.findings
    run = InstanceRun(outcome.process)
    run.complete("draft")
    return run


def asked_which_way(run: InstanceRun) -> bool:
    return [run.process.steps[one].kind for one in run.open] == [StepKind.CHOICE]


class TestWhatIsCertain:
    def test_where_all_approve_the_deal_goes_on_without_a_question(self) -> None:
        run = begun(IN_TURN)
        for one in ("prepare", "legal", "finance"):
            run.complete(one, "approved")
        assert run.open == ["sign"]

    @pytest.mark.parametrize(("answer", "behind"), [("returned", ["rework"]), ("rejected", [])])
    def test_where_the_last_answer_ends_the_called_map_the_deal_goes_that_way(
        self, answer: str, behind: list[str]
    ) -> None:
        run = begun(RETURNS_OUT)
        run.complete("prepare")
        run.complete("legal", "approved")
        run.complete("finance", answer)
        assert run.open == behind
        assert run.last.finished == (not behind)

    def test_what_was_reworked_inside_and_approved_later_is_approved(self) -> None:
        run = begun(IN_TURN)
        for answers in (("returned",), ("approved", "returned"), ("approved", "approved")):
            run.complete("prepare")
            for one, answer in zip(("legal", "finance"), answers, strict=False):
                run.complete(one, answer)
        assert run.open == ["sign"]

    def test_the_called_map_runs_anew_undecided(self) -> None:
        run = begun(RETURNS_OUT)
        for legal, finance in (("approved", "returned"), ("returned", "")):
            run.complete("prepare")
            run.complete("legal", legal)
            if finance:
                run.complete("finance", finance)
            assert run.open == ["rework"], "what finance said in the first round does not count in the second"
            run.complete("rework")
            run.complete("draft")
        run.complete("prepare")
        run.complete("legal", "approved")
        assert run.open == ["finance"]
        run.complete("finance", "approved")
        assert run.open == ["sign"]

    def test_side_by_side_inside_a_rejection_wins(self) -> None:
        beside = (
            ENDS
            + '<parallelGateway id="ask"/><parallelGateway id="asked"/>'
            + step("legal", "Юрист", погодження="будь-хто")
            + step("finance", "Фінанси", погодження="будь-хто")
            + chain("in", "ask", "legal", "asked", "said")
            + chain("ask", "finance", "asked")
            + gate("said", "good", "bad", "bad").replace('"said_bad"', '"said_back"', 1)
        )
        for answers, behind in (
            (("approved", "approved"), ["sign"]),
            (("returned", "approved"), ["rework"]),
            (("rejected", "approved"), []),
            (("returned", "rejected"), []),
        ):
            run = begun(beside)
            for one, answer in zip(("legal", "finance"), answers, strict=True):
                run.complete(one, answer)
            assert run.open == behind, answers

    def test_a_return_beside_takes_the_run_back_and_what_was_approved_in_it(self) -> None:
        split = '<parallelGateway id="split"/><endEvent id="done"/>' + step("draft")
        split += step("own", "Директор", погодження="будь-хто") + gate("by_own", "done", "draft", "done")
        split += chain("start", "draft", "split", "call") + chain("split", "own", "by_own")
        run = decided_calls(split, "call", around=called("called", RETURNS_OUT))
        run.complete("draft")
        run.complete("prepare")
        run.complete("legal", "approved")
        run.complete("own", "returned")
        assert run.open == ["draft"]
        for one in ("draft", "own", "prepare"):
            run.complete(one, "approved" if one == "own" else "")
        run.complete("legal", "rejected")
        assert run.last.end_events == ("no_call",)

    def test_what_is_noted_of_a_run_does_not_grow_with_its_rounds(self) -> None:
        part = '<startEvent id="begin"/><endEvent id="over"/>' + step("legal", "Юрист", погодження="будь-хто")
        part = element("subProcess", "part", "", part + chain("begin", "legal", "over"))
        rounds = ENDS + part + step("prepare") + gate("said", "good", "prepare", "bad")
        run = begun(rounds + chain("in", "prepare", "part", "said"))
        noted = []
        for _ in range(6):
            run.complete("prepare")
            run.complete("legal", "returned")
            assert run.state is not None
            noted.append(answers_in_calls(run.state))
        assert noted[2:] == noted[1:-1]


class TestWhatIsAsked:
    def test_a_rejection_that_somebody_overrules(self) -> None:
        overruled = (
            ENDS
            + step("legal", "Юрист", погодження="будь-хто")
            + step("boss", "Директор", погодження="будь-хто")
            + gate("by_legal", "good", "boss", "boss").replace('"by_legal_boss"', '"by_legal_back"', 1)
            + gate("by_boss", "good", "bad", "bad").replace('"by_boss_bad"', '"by_boss_back"', 1)
            + chain("in", "legal", "by_legal")
            + chain("boss", "by_boss")
        )
        run = begun(overruled)
        run.complete("legal", "rejected")
        run.complete("boss", "approved")
        assert asked_which_way(run)
        (question,) = run.open
        (yes,) = (one.id for one in run.process.steps[question].outcomes if one.label == "Так")
        run.complete(question, yes)
        assert run.open == ["sign"]

    def test_a_rejection_that_a_person_lets_pass(self) -> None:
        passing = (
            ENDS
            + step("legal", "Юрист", погодження="будь-хто")
            + step("owner", "Наполягати?")
            + element("exclusiveGateway", "insist", "Наполягаємо?")
            + flow("insist", "good", "Так")
            + flow("insist", "bad", "Ні")
            + gate("by_legal", "good", "bad", "owner")
            + chain("in", "legal", "by_legal")
            + chain("owner", "insist")
        )
        for way in ("insist_good", "insist_bad"):
            run = begun(passing)
            run.complete("legal", "rejected")
            run.complete("owner", way)
            assert asked_which_way(run), way

    def test_an_approval_that_was_left_out(self) -> None:
        some = IN_TURN.replace(
            flow("by_legal", "finance", "Погоджено"), flow("by_legal", "much", "Погоджено")
        ) + element("exclusiveGateway", "much", "Велика?", default="much_good")
        some += flow("much", "finance", condition="deal.amount > 100000") + flow("much", "good")
        run = begun(some)
        run.facts = {"deal": {"amount": 5}}
        run.complete("prepare")
        run.complete("legal", "approved")
        assert asked_which_way(run), "finance has not approved"

    def test_an_approval_that_a_deadline_ends(self) -> None:
        run = begun(IN_TURN + LATE)
        run.complete("prepare")
        run.complete("legal", "approved")
        run.fire("late")
        assert asked_which_way(run)

    def test_an_outcome_that_no_way_is_drawn_for(self) -> None:
        ways = flow("decide", "sign", "Погоджено") + flow("decide", "lost", "Відхилено")
        run = begun(RETURNS_OUT, ways=ways)
        run.complete("prepare")
        run.complete("legal", "returned")
        assert asked_which_way(run)

    def test_what_was_answered_to_the_question_decides_once(self) -> None:
        """A later round decides by its own approvals, or asks anew."""
        run = begun(IN_TURN + LATE)
        run.complete("prepare")
        run.complete("legal", "approved")
        run.fire("late")
        (question,) = run.open
        run.complete(question, "decide_rework")
        run.complete("rework")
        run.complete("draft")
        run.complete("prepare")
        run.complete("legal", "approved")
        run.complete("finance", "approved")
        assert run.open == ["sign"]

    def test_what_a_person_moved_by_hand_decides_nothing(self) -> None:
        run = begun(IN_TURN)
        run.complete("prepare")
        run.complete("legal", "approved")
        run.apply(MoveToken("prepare"))
        run.complete("prepare")
        run.complete("legal", "approved")
        run.complete("finance", "approved")
        assert asked_which_way(run)

    def test_the_question_that_a_person_was_moved_to_is_answered_by_them(self) -> None:
        run = begun(IN_TURN)
        for one in ("prepare", "legal", "finance"):
            run.complete(one, "approved")
        (question,) = (key for key, one in run.process.steps.items() if one.kind is StepKind.CHOICE)
        run.apply(MoveToken(question))
        run.complete(question, "decide_lost")
        assert run.last.finished
        assert run.last.end_events == ("lost",)


class TestWhoHadTheLastWord:
    """All have approved, and yet the called map did not end with that."""

    def test_a_person_who_went_another_way_behind_the_approvals(self) -> None:
        asking = (
            IN_TURN.replace(flow("by_finance", "good", "Погоджено"), flow("by_finance", "boss", "Погоджено"))
            + step("boss", "Підписуємо?")
            + element("exclusiveGateway", "insist")
            + chain("boss", "insist")
            + flow("insist", "good", "Так")
            + flow("insist", "bad", "Ні")
        )
        run = begun(asking)
        for one, answer in (("prepare", ""), ("legal", "approved"), ("finance", "approved"), ("boss", "insist_bad")):
            run.complete(one, answer)
        assert asked_which_way(run)

    @pytest.mark.parametrize("interrupting", ["true", "false"])
    def test_an_event_that_began_a_part_behind_the_approvals(self, interrupting: str) -> None:
        withdrawn = element(
            "subProcess",
            "withdrawn",
            "",
            f'<startEvent id="heard" isInterrupting="{interrupting}">{SIGNAL}</startEvent><endEvent id="told"/>'
            + chain("heard", "told"),
            triggeredByEvent="true",
        )
        run = in_one_map(REGISTERED + withdrawn)
        run.complete("legal", "approved")
        run.complete("thrower")
        if interrupting == "false":
            run.complete("register")
        assert asked_which_way(run)

    def test_a_branch_beside_that_ended_all(self) -> None:
        ended = (
            '<endEvent id="all"><terminateEventDefinition/></endEvent>'
            + element("intermediateCatchEvent", "refused", "", SIGNAL)
            + chain("in", "refused", "all")
        )
        run = in_one_map(REGISTERED + ended)
        run.complete("legal", "approved")
        run.complete("thrower")
        assert asked_which_way(run)

    def test_a_rejection_that_ends_all_beside_it_stands(self) -> None:
        ended = (
            ENDS.replace('<endEvent id="bad"/>', '<endEvent id="bad"><terminateEventDefinition/></endEvent>')
            + '<endEvent id="back"/><endEvent id="done"/>'
            + step("legal", "Юрист", погодження="будь-хто")
            + step("finance", "Фінанси", погодження="будь-хто")
            + chain("in", "legal", "by_legal")
            + chain("in", "finance", "by_finance")
            + gate("by_legal", "good", "back", "bad")
            + gate("by_finance", "done", "back", "bad")
        )
        run = begun(ended)
        run.complete("legal", "rejected")
        assert run.last.finished
        assert run.last.end_events == ("lost",)


class TestWhatIsSaid:
    def test_that_the_decision_follows_the_called_map(self) -> None:
        finding = found(upload(IN_TURN), "CALLED_APPROVALS_FOLLOWED")
        assert (finding.severity, finding.element_id) == (Severity.INFO, "decide")
        assert finding.params == {
            "called": "Погодження договору",
            "steps": "Юрист, Фінанси",
            "ways": "Так, На доопрацювання, Ні",
        }

    @pytest.mark.parametrize(
        ("name", "yes", "no"),
        [
            ("Клієнт згоден?", "Так", "Ні"),
            ("Погоджено клієнтом?", "Так", "Ні"),
            ("Не погоджено?", "Так", "Ні"),
            ("", "Так", "Ні"),
            ("Погоджено?", "Знижка", "Без знижки"),
            ("Рішення клієнта", "Погоджено", "Відхилено"),
            ("Рішення банку", "Погоджено", "Відхилено"),
            ("Погоджено постачальником?", "Так", "Ні"),
            ("Потрібне додаткове погодження?", "Так", "Ні"),
            ("Погодження скасовано?", "Так", "Ні"),
            ("Погоджено із зауваженнями?", "Так", "Ні"),
            ("Знижку погоджено?", "Так", "Ні"),
            ("Approval denied?", "Yes", "No"),
            ("Approval required?", "Yes", "No"),
            ("Approved with conditions?", "Yes", "No"),
            ("", "Погоджено", "Погоджено із зауваженнями"),
            ("", "Погоджено із зауваженнями", "Відхилено"),
            ("", "Погоджено", "Не потребує погодження"),
            ("Погоджено?", "Так, із зауваженнями", "Ні"),
        ],
    )
    def test_a_decision_about_anything_else_asks_a_person_as_before(self, name: str, yes: str, no: str) -> None:
        outcome = upload(IN_TURN, name=name, ways=flow("decide", "sign", yes) + flow("decide", "rework", no))
        assert "CALLED_APPROVALS_FOLLOWED" not in codes(outcome)
        assert "CHOICE_STEP_ADDED" in codes(outcome)

    @pytest.mark.parametrize(
        ("name", "yes", "no"),
        [
            ("Договір погоджено?", "Так", "Ні, на доопрацювання"),
            ("Чи всі погодили?", "Так, погоджено", "Ні"),
            ("Approved?", "Yes", "No"),
            ("Рішення", "Погоджено", "Відхилено через ціну"),
        ],
    )
    def test_a_decision_that_names_what_the_call_approves_follows_it(self, name: str, yes: str, no: str) -> None:
        outcome = upload(RETURNS_OUT, name=name, ways=flow("decide", "sign", yes) + flow("decide", "rework", no))
        assert "CALLED_APPROVALS_FOLLOWED" in codes(outcome)

    def test_a_decision_that_its_owner_gave_to_a_person_asks_them(self) -> None:
        outcome = upload(IN_TURN, said=bag(вирішує="ask"))
        assert "CALLED_APPROVALS_FOLLOWED" not in codes(outcome)
        assert "CHOICE_STEP_ADDED" in codes(outcome)


ONE = ENDS.replace('<endEvent id="good"/>', '<endEvent id="good"/><endEvent id="back"/>')
ONE += (
    step("legal", "Юрист", погодження="будь-хто") + chain("in", "legal", "said") + gate("said", "good", "back", "bad")
)


def called(key: str, inside: str) -> str:
    return f'<process id="{key}" isExecutable="true">{inside}</process>'


def decided_calls(ways_there: str, *calls: str, around: str) -> InstanceRun:
    """A decision right behind each of ``calls``: to a step on the one side, to an end on the other."""
    parts = ['<startEvent id="start"/>', ways_there]
    for one in calls:
        parts += [
            element("callActivity", one, one, calledElement="called"),
            element("exclusiveGateway", f"by_{one}", "Погоджено?"),
            step(f"yes_{one}"),
            element("endEvent", f"no_{one}"),
            chain(one, f"by_{one}"),
            flow(f"by_{one}", f"yes_{one}", "Так") + flow(f"by_{one}", f"no_{one}", "Ні"),
        ]
    outcome = compile_bpmn({"map.bpmn": drawn(*parts, around=around)}, process_key="sale")
    assert outcome.process is not None, outcome.findings
    return InstanceRun(outcome.process)


SIGNAL = '<signalEventDefinition signalRef="go"/>'
REGISTERED = (
    ENDS
    + '<endEvent id="back"/>'
    + step("legal", "Юрист", погодження="будь-хто")
    + step("register", "Зареєструвати")
    + gate("said", "register", "back", "bad")
    + chain("in", "legal", "said")
    + chain("register", "good")
)
WAITING = ENDS + '<endEvent id="back"/>' + step("legal", "Юрист", погодження="будь-хто")
WAITING += chain("in", "legal", "said") + gate("said", "wait_good", "back", "wait_bad")
for one in ("good", "bad"):
    WAITING += element("intermediateCatchEvent", f"wait_{one}", "", SIGNAL) + chain(f"wait_{one}", one)


def by_two_tokens(inside: str) -> InstanceRun:
    """Two branches, behind ``first`` and ``second``, come to one call of ``inside``, and each goes on by itself."""
    content = drawn(
        '<startEvent id="start"/><parallelGateway id="split"/><endEvent id="lost"/><endEvent id="end"/>',
        step("first") + step("second") + step("thrower") + element("endEvent", "thrown", "", SIGNAL),
        element("callActivity", "call", "Погодження", bag(злиття="each"), calledElement="called"),
        element("exclusiveGateway", "decide", "Погоджено?"),
        step("sign"),
        chain("start", "split", "first", "call", "decide") + chain("split", "second", "call"),
        chain("split", "thrower", "thrown") + chain("sign", "end"),
        flow("decide", "sign", "Так") + flow("decide", "lost", "Ні"),
        around='<signal id="go" name="go"/>' + called("called", inside),
    )
    outcome = compile_bpmn({"map.bpmn": content}, process_key="sale")
    assert outcome.process is not None, outcome.findings
    return InstanceRun(outcome.process)


def in_one_map(inside: str) -> InstanceRun:
    """A decision behind a call of ``inside``, and beside the call a step ``thrower`` behind which all hear a signal."""
    split = '<parallelGateway id="split"/>' + chain("start", "split", "call") + step("thrower")
    split += element("endEvent", "thrown", "", SIGNAL) + chain("split", "thrower", "thrown")
    return decided_calls(split, "call", around='<signal id="go" name="go"/>' + called("called", inside))


class TestSeveralCalls:
    def test_of_one_map_in_turn(self) -> None:
        """Neither lives on what was decided in the other."""
        ways = chain("start", "discount") + chain("yes_discount", "contract") + chain("yes_contract", "end")
        run = decided_calls('<endEvent id="end"/>' + ways, "discount", "contract", around=called("called", ONE))
        run.complete("legal", "approved")
        run.complete("yes_discount")
        assert run.open == ["legal"]
        run.complete("legal", "rejected")
        assert run.last.end_events == ("no_contract",)

    @pytest.mark.parametrize(("first", "second"), [("approved", "rejected"), ("rejected", "approved")])
    def test_of_one_map_side_by_side(self, first: str, second: str) -> None:
        split = '<parallelGateway id="split"/>' + chain("start", "split", "discount") + flow("split", "contract")
        run = decided_calls(split, "discount", "contract", around=called("called", ONE))
        one, other = (opened for opened in run.steps.values())
        run.complete_opened(one, first, {})
        run.complete_opened(other, second, {})
        assert len(run.open) == 1
        assert run.open == [f"yes_{('discount', 'contract')[second == 'approved']}"]

    def test_of_one_map_that_end_in_the_same_moment(self) -> None:
        """Each decision reads what was decided in its own call, not what came last."""
        thrown = (
            '<parallelGateway id="split"/><intermediateThrowEvent id="throw"><signalEventDefinition signalRef="go"/>'
            '</intermediateThrowEvent><endEvent id="end"/>' + step("go_on")
        )
        thrown += chain("start", "split", "discount") + flow("split", "contract")
        thrown += chain("split", "go_on", "throw", "end")
        around = '<signal id="go" name="go"/>' + called("called", WAITING)
        run = decided_calls(thrown, "discount", "contract", around=around)
        one, other = (opened for opened in run.steps.values() if opened.element_id == "legal")
        run.complete_opened(one, "approved", {})
        run.complete_opened(other, "rejected", {})
        assert run.open == ["go_on"]
        run.complete("go_on")
        assert run.open == ["yes_discount"]
        assert run.last.end_events == ("end", "no_contract")

    @pytest.mark.parametrize(("first", "second"), [("approved", "rejected"), ("rejected", "approved")])
    def test_of_one_call_twice_that_end_in_the_same_moment(self, first: str, second: str) -> None:
        run = by_two_tokens(WAITING)
        run.complete("first")
        run.complete("second")
        one, other = (opened for opened in run.steps.values() if opened.element_id == "legal")
        run.complete_opened(one, first, {})
        run.complete_opened(other, second, {})
        run.complete("thrower")
        assert run.open == ["sign"]
        assert run.last.end_events == ("thrown_end", "lost")

    def test_of_one_call_twice_while_a_person_is_asked_about_the_first(self) -> None:
        """What is decided in the second answers nothing that the first has left open."""
        run = by_two_tokens(IN_TURN + LATE)
        run.complete("first")
        run.complete("prepare")
        run.complete("legal", "approved")
        run.fire("late")
        run.complete("second")
        for one in ("prepare", "legal", "finance"):
            run.complete(one, "approved")
        assert sorted(run.open) == ["decide_choice", "sign", "thrower"]
        run.complete("decide_choice", "decide_lost")
        assert run.last.end_events == ("lost",)

    def test_of_a_map_that_calls_another(self) -> None:
        """What is decided in whatever depth counts; the decision between follows it, too."""
        outer = '<startEvent id="begin"/><endEvent id="over"/><endEvent id="off"/>'
        outer += element("callActivity", "deep", "Глибше", calledElement="deepest")
        outer += step("boss", "Директор", погодження="будь-хто") + element("exclusiveGateway", "by_deep", "Погоджено?")
        outer += flow("by_deep", "boss", "Так") + flow("by_deep", "off", "Ні")
        outer += chain("begin", "deep", "by_deep") + chain("boss", "by_boss") + gate("by_boss", "over", "off", "off2")
        outer += '<endEvent id="off2"/>'
        around = called("called", outer) + called("deepest", ONE)
        for legal, boss, behind in (
            ("approved", "approved", ["yes_outer"]),
            ("approved", "rejected", []),
            ("rejected", "", []),
        ):
            run = decided_calls(chain("start", "outer"), "outer", around=around)
            run.complete("legal", legal)
            if boss:
                run.complete("boss", boss)
            assert run.open == behind, (legal, boss)

    def test_a_map_that_calls_another_twice_is_asked_about(self) -> None:
        """One answer of the lawyer may not stand for both."""
        outer = '<startEvent id="begin"/><endEvent id="over"/>'
        outer += "".join(element("callActivity", one, one, calledElement="deepest") for one in ("one", "two"))
        outer += chain("begin", "one", "two", "over")
        run = decided_calls(chain("start", "outer"), "outer", around=called("called", outer) + called("deepest", ONE))
        run.complete("legal", "approved")
        run.complete("legal", "approved")
        assert asked_which_way(run)

    def test_an_approval_that_is_repeated_inside_is_asked_about(self) -> None:
        twice = (
            "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
        )
        several = ONE.replace("</userTask>", f"{twice}</userTask>")
        run = decided_calls(chain("start", "call"), "call", around=called("called", several))
        run.complete("legal", "approved")
        run.complete("legal", "approved")
        assert asked_which_way(run)


class TestMoves:
    def test_a_deal_that_was_moved_while_it_was_inside_is_asked_about(self) -> None:
        """What the earlier version asked for is not what this one is sure of."""
        run = begun(IN_TURN)
        run.complete("prepare")
        run.complete("legal", "approved")
        renamed = upload(IN_TURN.replace("Фінанси", "Фінансисти")).process
        assert renamed is not None
        assert run.state is not None
        moved = carry(run.process, renamed, run.state, CarryOrder(), run.context())
        run.process, run.state = renamed, moved.result.state
        run.complete("finance", "approved")
        assert asked_which_way(run)

    def test_a_deal_that_comes_from_a_version_that_always_asked_is_asked_about(self) -> None:
        run = begun(IN_TURN, said=bag(вирішує="ask"))
        run.complete("prepare")
        run.complete("legal", "approved")
        following = upload(IN_TURN).process
        assert following is not None
        assert run.state is not None
        moved = carry(run.process, following, run.state, CarryOrder(), run.context())
        run.process, run.state = following, moved.result.state
        run.complete("finance", "approved")
        assert asked_which_way(run)


def test_no_random_map_passes_an_approval_by() -> None:
    """What the walk noted by itself says whether all approvals of the called map were given in this run of it."""
    random = Random(20)  # noqa: S311  # a reproducible walk
    seen: Counter[str] = Counter()
    for number in range(MAPS):
        process, approvals = calling_map(random)
        for _ in range(WALKS if process is not None and approvals else 0):
            assert process is not None
            faults, ways = faults_of_walk(process, approvals, random)
            assert not faults, (number, faults)
            seen.update(ways)
    assert min(seen[one] for one in (*SOME, "asked")) > MAPS // 10, seen
