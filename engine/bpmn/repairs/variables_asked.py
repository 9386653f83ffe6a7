"""Variables that conditions read and nobody provides: said, and asked from the person before the decision."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from decimal import Decimal

from engine.bpmn.compiled import ExpressionCondition, FieldChoice, FieldDefinition, FieldType, StepKind
from engine.bpmn.counters import ACTIVATION_COUNT, COUNTERS
from engine.bpmn.dmn.model import TableInput, ValueKind
from engine.bpmn.dmn.names import asked_paths, names_in_cells
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.expressions import compile_expression, compile_unary_tests
from engine.bpmn.map_model import Flow, Located, Node, NodeType, Place, Process
from engine.bpmn.repairs.connectors import written_by
from engine.bpmn.repairs.editing import insert_before
from engine.bpmn.repairs.repeated_waits import repeated_step
from engine.bpmn.repairs.stand_ins import plan_step
from engine.bpmn.repairs.workbench import Workbench

FACTS = frozenset({"deal", "client", "owner", "today", "now"})
_DEAL_FACTS = ("deal.amount", "deal.currency", "client.segment")
_SEVERAL = 2
_QUOTED = re.compile("[\"']")  # without a text in it there is nothing to look for
_CHOSEN = frozenset({FieldType.CHOICE, FieldType.MANY})
_COLUMN_TYPES = {
    ValueKind.ANY: FieldType.TEXT,
    ValueKind.TEXT: FieldType.TEXT,
    ValueKind.NUMBER: FieldType.NUMBER,
    ValueKind.YES_NO: FieldType.YES_NO,
    ValueKind.DATE: FieldType.DATE,
    ValueKind.MOMENT: FieldType.MOMENT,
    ValueKind.TIME: FieldType.TEXT,
    ValueKind.DURATION: FieldType.TEXT,
}


def ask_missing_variables(workbench: Workbench, process: Process) -> None:
    known = set(provided_names(workbench))
    _ask_repeated(workbench, process, known)
    _say_unasked(workbench, process, known)
    _ask_for_tables(workbench, process, known)
    literals: dict[str, list[str]] = {}
    for flow in _decided(process):
        for path in _missing(flow, known):
            literals.setdefault(path, []).extend(texts_compared(path, flow.condition_text))
    asked: dict[tuple[Node, str], None] = {}
    for flow in tuple(_decided(process)):
        for path in _missing(flow, known):
            gateway = flow.source
            if (gateway, path) not in asked:
                asked[gateway, path] = None
                step = _asked_step(workbench, gateway)
                _ask(step, path, _field_type(path, flow.condition_text, literals[path]), literals[path])
                _say(workbench, flow, path, step, known)


def _decided(process: Process) -> Iterator[Flow]:
    for scope in process.scope.scopes():
        for flow in scope.flows():
            if isinstance(flow.condition, ExpressionCondition):
                yield flow


def provided_names(workbench: Workbench) -> Iterator[str]:
    """Root names of everything that is written somewhere in the executed processes."""
    for node in workbench.nodes():
        if node.step is not None:
            yield f"{node.id}_outcome"
            yield from (field.name.partition(".")[0] for field in node.step.fields)
        yield from (variable.partition(".")[0] for variable, _ in node.assignments)
        if node.decision is not None:
            yield from node.decision.writes
        if node.call is not None:
            yield from written_by(node.call)
        if node.loop_rule is not None and node.loop_rule.item_variable:
            yield node.loop_rule.item_variable
        if node.loop_rule is not None and node.loop_rule.output_collection:
            yield node.loop_rule.output_collection.partition(".")[0]


def _say_unasked(workbench: Workbench, process: Process, known: set[str]) -> None:
    """Where no person stands before the expression, a missing variable is only said."""
    for node in process.scope.all_nodes():
        texts = [pair[1] for pair in node.assignments]
        if node.timer is not None and node.timer.expression is not None:
            texts.append(node.timer.expression)
        if node.loop_rule is not None:
            texts += expressions_of(node.loop_rule)
        if node.call is not None:
            texts += node.call.parameters.values()
        if node.decision is not None:
            texts += node.decision.inputs.values()
        counters = COUNTERS if _is_repeated(node) else frozenset()
        if node.type is NodeType.COMPLEX and isinstance(node.condition, ExpressionCondition):
            texts.append(node.condition.text)
            counters |= {ACTIVATION_COUNT}
        for text in texts:
            for name in sorted(compile_expression(text).names - known - FACTS - counters):
                workbench.noticed.warning("UNKNOWN_VARIABLE_UNASKED", node, variable=name, text=text)


def _ask_for_tables(workbench: Workbench, process: Process, known: set[str]) -> None:
    """What the input columns of a decision read is asked before it; a name in a cell that nobody gives is said."""
    decisions = workbench.tables.decisions
    for node in tuple(process.scope.all_nodes()):
        if node.decision is None:
            continue
        decision = decisions[node.decision.decision]
        given = known | FACTS | set(node.decision.inputs) | (COUNTERS if _is_repeated(node) else frozenset())
        asked = set()
        for path, column in asked_paths(decision, decisions):
            root = path.partition(".")[0]
            asked.add(root)
            if root not in given:
                step = _asked_step(workbench, node)
                _ask_for_column(step, path, column)
                _say(workbench, node, path, step, known)
        for cell in names_in_cells(decision, decisions):
            if cell.name not in asked and cell.name not in given:
                place = Place(cell.decision.source_id, cell.decision.title, cell.line, cell.decision.file)
                said = {"rule": str(cell.rule), "column": cell.column, "name": cell.name}
                workbench.noticed.warning("DMN_NAME_WITHOUT_VALUE", place, **said)


def _ask_for_column(step: Node, path: str, column: TableInput | None) -> None:
    if column is None:
        _ask(step, path, FieldType.TEXT, [])
        return
    values = compile_unary_tests(column.allowed).values if column.allowed else None
    texts = [str(value) for value in values or () if isinstance(value, str | int | Decimal)]
    choice = len(texts) >= _SEVERAL and column.kind is not ValueKind.YES_NO
    _ask(step, path, FieldType.CHOICE if choice else _COLUMN_TYPES[column.kind], texts, label=column.label)


def _is_repeated(node: Node | None) -> bool:
    """Whether it runs in a loop, as one of its runs or inside one."""
    while node is not None:
        if node.loop_rule is not None:
            return True
        node = node.scope.owner
    return False


def _missing(flow: Flow, known: set[str]) -> list[str]:
    """The paths whose root nobody provides; a path is left out when a longer one begins with it."""
    if not isinstance(flow.condition, ExpressionCondition):
        return []
    expression = compile_expression(flow.condition.text)
    counters = COUNTERS if _is_repeated(flow.source) else frozenset()
    missing = {name for name in expression.names if name not in known and name not in FACTS | counters}
    paths = {path for path in (*expression.paths, *missing) if path.partition(".")[0] in missing}
    return sorted(path for path in paths if not any(other.startswith(path + ".") for other in paths))


def _ask_repeated(workbench: Workbench, process: Process, known: set[str]) -> None:
    """A step that is repeated while a condition holds asks itself for what the condition reads."""
    for node in process.scope.all_nodes():
        asked = repeated_step(node)
        text = node.loop_rule.again_while if node.loop_rule is not None and asked is not None else None
        if asked is None or text is None:
            continue
        for name in sorted(compile_expression(text).names - known - FACTS - COUNTERS):
            texts = texts_compared(name, text)
            _ask(asked, name, _field_type(name, text, texts), texts)
            workbench.noticed.warning("UNKNOWN_VARIABLE", asked, variable=name, step=asked.title)
            known.add(name)


def _asked_step(workbench: Workbench, gateway: Node) -> Node:
    """The nearest human step that every token passes before the gateway; if there is none, one is put there."""
    current, seen = gateway, {gateway}
    while len(current.incoming) == 1:
        source = current.incoming[0].source
        if source.step is not None and source.loop_rule is None:
            return source
        if source in seen or source.type is NodeType.START or source.loop_rule is not None or _holds_steps(source):
            break
        seen.add(source)
        current = source
    step = insert_before(workbench.sales_map, gateway, NodeType.USER_TASK, "values")
    plan_step(step, StepKind.CHOICE, synthetic=True)
    step.name = gateway.name
    return step


def _holds_steps(node: Node) -> bool:
    """Whether people act inside, so that what was known before it may have changed behind it."""
    return node.inside is not None and any(inner.step is not None for inner in node.inside.all_nodes())


def _ask(step: Node, path: str, field_type: FieldType, texts: list[str], *, label: str = "") -> None:
    if step.step is None or any(field.name == path for field in step.step.fields):
        return
    choices = tuple(FieldChoice(value=text, label=text) for text in dict.fromkeys(texts))
    step.step.fields.append(
        FieldDefinition(
            name=path,
            label=label or path,
            type=field_type,
            required=True,
            choices=choices if field_type in _CHOSEN else (),
        )
    )


def _say(workbench: Workbench, at: Located, path: str, step: Node, known: set[str]) -> None:
    near = difflib.get_close_matches(path, [*known, *_DEAL_FACTS, *FACTS], n=1)
    if not near:
        near = [fact for fact in _DEAL_FACTS if fact.rpartition(".")[2] == path]
    if near:
        workbench.noticed.warning("UNKNOWN_VARIABLE_NEAR", at, variable=path, proposal=near[0], step=step.title)
    else:
        workbench.noticed.warning("UNKNOWN_VARIABLE", at, variable=path, step=step.title)


def texts_compared(path: str, text: str) -> list[str]:
    if not _QUOTED.search(text):
        return []
    name = re.escape(path)
    found = re.findall(rf"(?<![\w.]){name}\s*(?:==|!=|=|eq|ne)\s*[\"']([^\"']{{1,80}})[\"']", text)
    found += re.findall(rf"[\"']([^\"']{{1,80}})[\"']\s*(?:==|!=|=|eq|ne)\s*{name}\b", text)
    return found + _texts_of_list(path, text)


def _texts_of_list(path: str, text: str) -> list[str]:
    """What a condition looks for among several values."""
    if not _QUOTED.search(text):
        return []
    name = re.escape(path)
    found = re.findall(rf"[\"']([^\"']{{1,80}})[\"']\s+in\s+{name}\b", text)
    found += re.findall(rf"list contains\(\s*{name}\s*,\s*[\"']([^\"']{{1,80}})[\"']", text)
    for each in re.findall(rf"\b(?:some|every|for)\s+(\w+)\s+in\s+{name}\b", text):
        found += texts_compared(each, text)
    return found


def _field_type(path: str, text: str, texts: list[str]) -> FieldType:
    if _texts_of_list(path, text):
        return FieldType.MANY
    if texts:
        return FieldType.CHOICE if len(set(texts)) >= _SEVERAL else FieldType.TEXT
    name = re.escape(path)
    compares = rf"{name}\s*(?:<=|>=|<|>|==|!=|=|gt|lt|ge|le|\+|-|\*|/)\s*[\d(]|[\d)]\s*(?:<=|>=|<|>|==|!=)\s*{name}\b"
    if re.search(compares, text) or re.search(rf"{name}\s*(?:<|>|gt\b|lt\b|ge\b|le\b)", text):
        return FieldType.NUMBER
    if re.search(rf"{name}\s*(?:==|!=|=|eq|ne)\s*(?!true|false)\w", text, re.IGNORECASE):
        return FieldType.TEXT
    return FieldType.YES_NO
