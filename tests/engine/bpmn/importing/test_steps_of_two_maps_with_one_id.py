"""Two maps of a file have a step of the same id: each reads the answer of its own."""

from __future__ import annotations

import pytest
from support.drawn_maps import (
    END,
    START,
    chain,
    codes,
    drawn,
    element,
    flow,
    found,
    step,
)

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity


class TestStepsOfTwoMapsWithOneId:
    """A copy of a map keeps its ids: what it reads must not be what was answered in the other map."""

    APPROVED = "= legal_outcome = 'approved'"
    ASK = step("legal", "Юрист", approval="any") + '<exclusiveGateway id="said"/><endEvent id="no"/>'
    SKIPS = (
        START
        + END
        + ASK
        + '<exclusiveGateway id="ask" name="Вже погоджено?" default="ask_legal"/><exclusiveGateway id="merge"/>'
        + chain("start", "ask")
        + flow("ask", "merge", condition='${legal_outcome == "approved"}')
        + flow("ask", "legal")
        + chain("legal", "said")
        + flow("said", "merge", "Погоджено")
        + flow("said", "no", "Відхилено")
        + chain("merge", "end")
    )

    def calling(self, *parts: str) -> CompileOutcome:
        """``parts`` and then the call of the map that skips who has approved."""
        call = '<callActivity id="call" calledElement="copy"/>'
        library = {"copy": drawn(self.SKIPS, key="copy")}
        return compile_bpmn({"a.bpmn": drawn(START, END, call, *parts, chain("call", "end"))}, library=library)

    def test_the_answer_in_the_caller_is_none_in_the_called_map(self) -> None:
        ways = chain("start", "legal", "said") + flow("said", "call", "Погоджено") + flow("said", "no", "Відхилено")
        finding = found(self.calling(self.ASK, ways), "OUTCOME_OF_ANOTHER_STEP")
        assert (finding.severity, finding.element_id) == (Severity.ERROR, "ask")
        assert finding.params == {"text": "legal_outcome", "id": "legal", "step": "Юрист"}

    @pytest.mark.parametrize(
        "said",
        [
            {"responsible": "=if legal_outcome = 'approved' then 'olena' else 'bohdan'"},
            {"deadline": "=legal_outcome - 3 р.д."},
        ],
        ids=["responsible", "deadline"],
    )
    def test_who_does_a_step_and_until_when_reads_the_step_of_its_own_map(self, said: dict[str, str]) -> None:
        inside = START + END + step("legal", approval="any") + step("after", **said) + chain("start", "legal", "after")
        called = {"copy": drawn(inside, chain("after", "end"), key="copy")}
        call = '<callActivity id="call" calledElement="copy"/>'
        of_caller = step("legal", "Юрист") + chain("start", "legal", "call", "end")
        outcome = compile_bpmn({"a.bpmn": drawn(START, END, call, of_caller)}, library=called)
        finding = found(outcome, "OUTCOME_OF_ANOTHER_STEP")
        assert (finding.severity, finding.element_id) == (Severity.ERROR, "after")
        alone = compile_bpmn({"a.bpmn": drawn(START, END, call, chain("start", "call", "end"))}, library=called)
        assert "OUTCOME_OF_ANOTHER_STEP" not in codes(alone)

    @pytest.mark.parametrize("said", [f'visible_if="{APPROVED}"', f'default="{APPROVED}"'], ids=["shown", "default"])
    def test_a_field_reads_the_answer_of_its_own_map(self, said: str) -> None:
        form = f'<extensionElements><reglament:field name="note" type="text" {said}/></extensionElements>'
        inside = START + END + step("legal", approval="any") + element("userTask", "after", "Після", form)
        called = {"copy": drawn(inside, chain("start", "legal", "after", "end"), key="copy")}
        call = '<callActivity id="call" calledElement="copy"/>'
        of_caller = step("legal", "Юрист") + chain("start", "legal", "call", "end")
        outcome = compile_bpmn({"a.bpmn": drawn(START, END, call, of_caller)}, library=called)
        assert found(outcome, "OUTCOME_OF_ANOTHER_STEP").element_id == "after"

    def test_what_each_map_reads_of_its_own_step_is_read_there(self) -> None:
        assert "OUTCOME_OF_ANOTHER_STEP" not in codes(self.calling(chain("start", "call")))

    def test_the_other_map_need_not_be_executed(self) -> None:
        ways = flow("start", "call")
        other = drawn(START, END, step("legal"), chain("start", "legal", "end"), key="other")
        call = '<callActivity id="call" calledElement="copy"/>'
        files = {"a.bpmn": drawn(START, END, call, ways, chain("call", "end")), "b.bpmn": other}
        outcome = compile_bpmn(files, process_key="sale", library={"copy": drawn(self.SKIPS, key="copy")})
        assert found(outcome, "OUTCOME_OF_ANOTHER_STEP").element_id == "ask"
