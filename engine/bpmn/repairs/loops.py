"""Activities that run several times: by a count or a condition that can be read, else a person says "once more"."""

from __future__ import annotations

import re
from decimal import Decimal

from engine.bpmn.compiled import LoopRule, StepKind
from engine.bpmn.counters import LOOP_COUNTER
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.expressions import compile_expression, is_expression
from engine.bpmn.guards import LOOP_RUNS
from engine.bpmn.map_model import ACTIVITIES, Loop, Node, NodeType, Process
from engine.bpmn.map_properties import Property
from engine.bpmn.questions import ASK, ONCE, Because, Proposal, QuestionKind
from engine.bpmn.repairs.editing import insert_after
from engine.bpmn.repairs.workbench import Workbench

_NUMBER = re.compile(r"=?\s*[$#]?\{?\s*(-?\d{1,20}(?:\.\d{1,20})?)\s*\}?")
_NUMBERS = re.compile(r"(?<![\w.,])\d{1,3}(?![\w.,])")
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def settle_loops(workbench: Workbench, process: Process) -> None:
    for node in tuple(process.scope.all_nodes()):
        loop = node.loop
        if loop is None:
            _say_repeat_unheard(workbench, node)
            continue
        node.loop = None
        if node.type not in ACTIVITIES:
            continue
        if loop.multiple:
            _multi_instance(workbench, node, loop)
        else:
            _standard(workbench, node, loop)
        for text in expressions_of(node.loop_rule) if node.loop_rule is not None else ():
            if LOOP_COUNTER in compile_expression(text).names:
                workbench.noticed.info("LOOP_COUNTER", node, text=text)


def _say_repeat_unheard(workbench: Workbench, node: Node) -> None:
    """A count makes no loop of an activity that is drawn as none."""
    text = node.annotation.text(Property.REPEAT)
    if text and text.casefold() != ONCE and node.type in ACTIVITIES and node.like is None:
        workbench.noticed.warning("PROPERTY_UNUSED", node, property=Property.REPEAT.value, text=text)


def _multi_instance(workbench: Workbench, node: Node, loop: Loop) -> None:
    if loop.throws:
        workbench.noticed.refuse("LOOP_THROWS", node)
        return
    countable = is_counted(loop)
    if not countable and node.step is not None and node.step.kind is StepKind.APPROVAL:
        workbench.noticed.info("APPROVAL_BY_ALL", node)
        return
    if not countable:
        _uncounted(workbench, node, loop, loop.cardinality or loop.collection)
        return
    count = _fixed(loop.cardinality)
    _check_count(workbench, node, count, possible=count is None or count <= LOOP_RUNS)
    completion = loop.condition if loop.condition and is_expression(loop.condition) else None
    if loop.condition and completion is None:
        workbench.noticed.warning("COMPLETION_NOT_UNDERSTOOD", node, text=loop.condition)
    output, result = _result(workbench, node, loop)
    by_count = bool(loop.cardinality and workbench.is_readable(loop.cardinality))
    node.loop_rule = LoopRule(
        sequential=loop.sequential,
        cardinality=loop.cardinality if by_count else None,
        collection=None if by_count else loop.collection,
        item_variable=loop.item_variable or None,
        completion_condition=completion,
        output_collection=output,
        output_element=result,
    )


def _fixed(count: str) -> Decimal | None:
    """The number that is written as such; None for one that is worked out when a deal comes by."""
    found = _NUMBER.fullmatch(count)
    return Decimal(found.group(1)) if found is not None else None


def _check_count(workbench: Workbench, node: Node, count: Decimal | None, *, possible: bool) -> None:
    """Say of a number that is written as such that no step can run so often; ``possible``: it is not too large."""
    if count == 0:
        workbench.noticed.warning("LOOP_RUNS_NEVER", node)
    elif count is not None and not (possible and count > 0 and count == int(count)):
        workbench.noticed.error("LOOP_COUNT_IMPOSSIBLE", node, count=str(count), limit=str(LOOP_RUNS))


def _result(workbench: Workbench, node: Node, loop: Loop) -> tuple[str | None, str | None]:
    """The list that collects the runs' results, and what of each run goes there."""
    if not loop.output:
        return None, None
    name = loop.output.removeprefix("=").strip()
    if loop.result and workbench.is_readable(loop.result) and _NAME.fullmatch(name):
        return name, loop.result
    workbench.noticed.warning("LOOP_OUTPUT_NOT_UNDERSTOOD", node, list=name, text=loop.result or "–")
    return None, None


def _standard(workbench: Workbench, node: Node, loop: Loop) -> None:
    if not is_counted(loop):
        _uncounted(workbench, node, loop, loop.condition)
        return
    maximum = _fixed(loop.maximum)
    _check_count(workbench, node, maximum, possible=True)  # a bound may be as high as it likes
    node.loop_rule = LoopRule(
        sequential=True,
        cardinality=loop.maximum if loop.maximum and workbench.is_readable(loop.maximum) else None,
        again_while=loop.condition,
        test_before=loop.test_before or maximum == 0,
    )


def _uncounted(workbench: Workbench, node: Node, loop: Loop, text: str) -> None:
    """As often as the owner answered; until then a person says "once more"."""
    said = node.annotation.text(Property.REPEAT)
    count = said.removeprefix("=").strip()
    if said.casefold() == ONCE:
        return
    bound = loop.maximum if loop.maximum and workbench.is_readable(loop.maximum) else None
    if said and said.casefold() != ASK and is_count(said):
        by_condition = not loop.multiple and not count.isdecimal()
        node.loop_rule = LoopRule(
            sequential=loop.sequential or not loop.multiple,
            cardinality=bound if by_condition else count,
            again_while=count if by_condition else None,
            test_before=loop.test_before and by_condition,
            item_variable=None,
        )
        return
    if bound is not None:
        workbench.noticed.warning("LOOP_MAXIMUM_ASKED", node, maximum=bound)
    if said.casefold() != ASK:
        workbench.noticed.warning("LOOP_ASKED", node, text=text or "–")
        proposals = [
            Proposal(value=ASK, because=Because.PERSON_SAYS),
            *(
                Proposal(value=number, label=number, because=Because.IN_LABEL, params={"label": node.name})
                for number in _NUMBERS.findall(node.name)
            ),
            *(
                [Proposal(value=loop.maximum, label=loop.maximum, because=Because.BY_THE_STANDARD)]
                if not text and is_count(loop.maximum)
                else []
            ),
            Proposal(value=ONCE, because=Because.NOTHING_COUNTED),
        ]
        workbench.noticed.ask(QuestionKind.REPEAT, node, proposals, assumed=ASK, own=True, text=text)
    _again(workbench, node)


def is_counted(loop: Loop) -> bool:
    """Whether the drawing itself says how often, in a way that can be read."""
    if not loop.multiple:
        return bool(loop.condition) and is_expression(loop.condition)
    return any(text and Workbench.is_readable(text) for text in (loop.cardinality, loop.collection))


def is_count(text: str) -> bool:
    """Whether ``text`` says how often: a number, or an expression from "=" on."""
    if text.isdecimal():
        return 0 < int(text) <= LOOP_RUNS
    return text.startswith("=") and Workbench.is_readable(text.removeprefix("=").strip())


def _again(workbench: Workbench, node: Node) -> None:
    """A gateway behind ``node`` where a person is asked whether once more."""
    if node.undoes is not None:
        workbench.noticed.refuse("COMPENSATION_HANDLER", node)
        return
    gateway = insert_after(workbench.sales_map, node, NodeType.EXCLUSIVE, "again")
    workbench.sales_map.connect(gateway, node).name = node.name
    gateway.name, gateway.settled = node.name, True
