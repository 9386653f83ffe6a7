"""A decision right behind a call follows what the approvals in the called map decided, where that is certain."""

from __future__ import annotations

import pytest
from support.drawn_maps import chain, codes, drawn, element, flow, found, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import StepKind
from engine.bpmn.findings import Severity
from engine.bpmn.runtime import MoveToken

SOME = "approved", "returned", "rejected"


def gate(name: str, approved: str, returned: str, rejected: str) -> str:
    """A decision by what stands before it."""
    return (
        element("exclusiveGateway", name, "Погоджено?")
        + flow(name, approved, "Погоджено")
        + flow(name, returned, "На доопрацювання")
        + flow(name, rejected, "Відхилено")
    )


ENDS = '<startEvent id="in"/><endEvent id="good"/><endEvent id="bad"/>'
IN_TURN = (
    ENDS
    + step("prepare", "Підготувати")
    + step("legal", "Юрист", погодження="будь-хто")
    + step("finance", "Фінанси", погодження="будь-хто")
    + gate("by_legal", "finance", "prepare", "bad")
    + gate("by_finance", "good", "prepare", "bad")
    + chain("in", "prepare", "legal", "by_legal")
    + chain("finance", "by_finance")
)
RETURNS_OUT = IN_TURN.replace('targetRef="prepare"', 'targetRef="bad"').replace(
    flow("in", "bad"), flow("in", "prepare")
)


def upload(called: str, *, ways: str = "", name: str = "Погоджено?", around: str = "") -> CompileOutcome:
    ways = ways or (
        flow("decide", "sign", "Так") + flow("decide", "rework", "На доопрацювання") + flow("decide", "lost", "Ні")
    )
    content = drawn(
        '<startEvent id="start"/><endEvent id="end"/><endEvent id="lost"/>',
        step("draft", "Скласти договір"),
        element("callActivity", "call", "Погодження договору", calledElement="called"),
        element("exclusiveGateway", "decide", name),
        step("sign", "Підписати"),
        step("rework", "Переробити"),
        chain("start", "draft", "call", "decide"),
        chain("sign", "end"),
        chain("rework", "draft"),
        ways,
        around=f'<process id="called" name="Погодження" isExecutable="true">{called}</process>{around}',
    )
    return compile_bpmn({"map.bpmn": content}, process_key="sale")


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
        late = IN_TURN + element(
            "boundaryEvent",
            "late",
            "",
            "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>",
            attachedToRef="finance",
        )
        run = begun(late + chain("late", "good"))
        run.complete("prepare")
        run.complete("legal", "approved")
        run.fire("late")
        assert asked_which_way(run)

    def test_an_outcome_that_no_way_is_drawn_for(self) -> None:
        ways = flow("decide", "sign", "Погоджено") + flow("decide", "lost", "Відхилено")
        run = begun(RETURNS_OUT, ways=ways + chain("lost", "rework").replace("lost_rework", "unused", 0))
        run.complete("prepare")
        run.complete("legal", "returned")
        assert asked_which_way(run)

    def test_what_was_answered_to_the_question_decides_once(self) -> None:
        """A later round decides by its own approvals, or asks anew."""
        late = IN_TURN + element(
            "boundaryEvent",
            "late",
            "",
            "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>",
            attachedToRef="finance",
        )
        run = begun(late + chain("late", "good"))
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
        ],
    )
    def test_a_decision_about_anything_else_asks_a_person_as_before(self, name: str, yes: str, no: str) -> None:
        outcome = upload(IN_TURN, name=name, ways=flow("decide", "sign", yes) + flow("decide", "rework", no))
        assert "CALLED_APPROVALS_FOLLOWED" not in codes(outcome)
        assert "CHOICE_STEP_ADDED" in codes(outcome)

    def test_a_decision_that_its_owner_gave_to_a_person_asks_them(self) -> None:
        ways = flow("decide", "sign", "Погоджено") + flow("decide", "rework", "Відхилено")
        asked = element("exclusiveGateway", "decide", "Погоджено?")
        said = '<exclusiveGateway id="decide" name="Погоджено?" reglament:decidedBy="ask"/>'
        content = upload(IN_TURN, ways=ways)
        assert "CALLED_APPROVALS_FOLLOWED" in codes(content)
        del asked, said
