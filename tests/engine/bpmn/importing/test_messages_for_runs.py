"""Of a message that several runs wait for at once its author is told that nothing says which run is meant."""

from __future__ import annotations

import pytest
from support.drawn_maps import END, START, chain, codes, drawn, element, found

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.findings import Severity

CODE = "MESSAGE_FOR_ANY_RUN"
OF_LIST = '<multiInstanceLoopCharacteristics camunda:collection="${suppliers}" camunda:elementVariable="supplier"/>'
COUNTED = "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
IN_TURN = COUNTED.replace(">", ' isSequential="true">', 1)
AWAITED = '<messageEventDefinition messageRef="offer"/>'
CATCH = element("intermediateCatchEvent", "wait", "Пропозиція надійшла", AWAITED)


def asked(loop: str, *, correlation: str = "", catch: str = CATCH) -> CompileOutcome:
    """Suppliers are asked in the runs of one part; ``correlation`` stands in the message of their offers."""
    listed = element("scriptTask", "list", "Кого питаємо", "<script>suppliers = ['A', 'B']</script>")
    inner = element("startEvent", "in") + catch + element("endEvent", "out") + chain("in", "wait", "out")
    part = element("subProcess", "part", "Опитати постачальника", loop + inner)
    extended = f"<extensionElements>{correlation}</extensionElements>" if correlation else ""
    around = element("message", "offer", "Пропозиція", extended)
    parts = (START, listed, part, END, chain("start", "list", "part", "end"))
    return compile_bpmn({"карта.bpmn": drawn(*parts, around=around)})


def test_runs_about_items_of_a_list_are_a_warning_with_the_way_to_tell_them_apart() -> None:
    told = found(asked(OF_LIST), CODE)
    assert (told.element_id, told.severity) == ("wait", Severity.WARNING)
    assert dict(told.params) == {"event": "Пропозиція", "part": "Опитати постачальника", "by": "supplier"}


def test_runs_that_are_only_counted_are_a_note() -> None:
    told = found(asked(COUNTED), CODE)
    assert (told.severity, told.params["by"]) == (Severity.INFO, "loopCounter")


def test_a_repeated_receive_task_is_told_under_its_own_name() -> None:
    task = element("receiveTask", "wait", "Дочекатися оплати", COUNTED, messageRef="offer")
    around = '<message id="offer" name="Оплата"/>'
    outcome = compile_bpmn({"карта.bpmn": drawn(START, task, END, chain("start", "wait", "end"), around=around)})
    assert found(outcome, CODE).params["part"] == "Дочекатися оплати"


@pytest.mark.parametrize(
    ("correlation", "is_told"),
    [
        ('<reglament:correlation name="supplier" value="supplier.code"/>', False),
        ('<zeebe:subscription correlationKey="=supplier"/>', False),
        ('<reglament:correlation name="run" value="loopCounter"/>', False),
        ('<reglament:correlation name="deal" value="deal.number"/>', True),
    ],
)
def test_a_correlation_by_what_the_run_is_about_is_enough(correlation: str, is_told: bool) -> None:
    assert (CODE in codes(asked(OF_LIST, correlation=correlation))) is is_told


def test_runs_in_turn_wait_one_at_a_time() -> None:
    assert CODE not in codes(asked(IN_TURN))


def test_an_event_on_a_border_inside_of_a_run_waits_alike() -> None:
    border = element("boundaryEvent", "early", "Відмова", AWAITED, attachedToRef="wait")
    host = element("userTask", "wait", "Зателефонувати") + border
    host += element("endEvent", "refused") + chain("early", "refused")
    assert found(asked(COUNTED, catch=host), CODE).element_id == "early"


@pytest.mark.parametrize("thrown", ["inside", "outside"])
def test_what_a_run_throws_is_for_that_run(thrown: str) -> None:
    threw = element("intermediateThrowEvent", "tell", "Пропозиція готова", AWAITED)
    inner = element("startEvent", "in") + element("parallelGateway", "both") + CATCH + element("endEvent", "out")
    inner += chain("in", "both", "wait", "out")
    listed = element("scriptTask", "list", "Кого питаємо", "<script>suppliers = ['A', 'B']</script>")
    if thrown == "inside":
        inner += element("userTask", "write", "Написати") + threw + chain("both", "write", "tell", "out")
        around_part = chain("start", "list", "part", "end")
    else:
        around_part = threw + element("parallelGateway", "split") + chain("start", "list", "split", "part", "end")
        around_part += chain("split", "tell", "end")
    part = element("subProcess", "part", "Опитати постачальника", OF_LIST + inner)
    around = element("message", "offer", "Пропозиція")
    outcome = compile_bpmn({"карта.bpmn": drawn(START, listed, part, END, around_part, around=around)})
    assert outcome.process is not None, outcome.findings
    assert (CODE in codes(outcome)) is (thrown == "outside")
