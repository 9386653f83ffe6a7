"""DMN files and small maps that use them, written as a modelling tool would write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.dmn.building import DecisionBuilder
from engine.bpmn.dmn.drawn import DecisionShelf
from engine.bpmn.dmn.evaluation import EvaluableDecision
from engine.bpmn.dmn.model import Decision
from engine.bpmn.dmn.reading import read_decisions
from engine.bpmn.dmn.results import DecisionResult
from engine.bpmn.findings import Finding
from engine.bpmn.noticed import Noticed
from engine.bpmn.safe_xml import read_xml

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"

Column = str | tuple[str, str] | tuple[str, str, str]  # expression or name, type, allowed values


def dmn(*parts: str, namespace: str = NAMESPACE, attributes: str = "") -> bytes:
    """A DMN file of decisions and whatever stands beside them."""
    return (
        f'<definitions xmlns="{namespace}" xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="d" name="Рішення" '
        f'namespace="t" {attributes}>{"".join(parts)}</definitions>'
    ).encode()


def table(  # a table has that many properties
    inputs: Sequence[Column],
    outputs: Sequence[Column],
    *rules: Sequence[str],
    policy: str = "UNIQUE",
    aggregation: str = "",
    defaults: Mapping[str, str] | None = None,
    requires: Sequence[str] = (),
    decision: str = "limit",
    name: str = "Межа знижки",
    language: str = "",
) -> str:
    """A decision with a table; a rule is its cells from left to right, inputs before outputs."""
    columns = "".join(_input(*_parts(one)) for one in inputs)
    columns += "".join(_output(*_parts(one), (defaults or {}).get(_parts(one)[0], "")) for one in outputs)
    written = "".join(
        "<rule>"
        + "".join(f"<inputEntry>{_text(cell)}</inputEntry>" for cell in rule[: len(inputs)])
        + "".join(f"<outputEntry>{_text(cell)}</outputEntry>" for cell in rule[len(inputs) :])
        + "</rule>"
        for rule in rules
    )
    needs = "".join(
        f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>' for one in requires
    )
    said = f' aggregation="{aggregation}"' if aggregation else ""
    said += f' expressionLanguage="{language}"' if language else ""
    return (
        f'<decision id="{decision}" name={quoteattr(name)}>{needs}'
        f'<decisionTable hitPolicy="{policy}"{said}>{columns}{written}</decisionTable></decision>'
    )


def literal(text: str, decision: str = "limit", name: str = "Вираз", requires: Sequence[str] = ()) -> str:
    needs = "".join(
        f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>' for one in requires
    )
    expression = f"<literalExpression>{_text(text)}</literalExpression>"
    return f'<decision id="{decision}" name={quoteattr(name)}>{needs}{expression}</decision>'


def build(file: bytes, decision: str = "limit") -> tuple[Decision | None, dict[str, Decision], tuple[Finding, ...]]:
    """The decision of a file, all that was built for it, and what was noticed."""
    noticed = Noticed()
    shelf = DecisionShelf([read_decisions(read_xml(file).root, "рішення.dmn")])
    builder = DecisionBuilder(noticed)
    found = builder.build(shelf.with_id(decision)[0], shelf)
    return found, builder.decisions, noticed.findings


def evaluate(file: bytes, decision: str = "limit", **variables: Any) -> DecisionResult:
    """The result of a decision that must be executable."""
    found, decisions, findings = build(file, decision)
    assert found is not None, findings
    return EvaluableDecision(found, decisions).evaluate(variables)[-1]


def decide(table_file: str, **variables: Any) -> Any:
    """The result, as DMN defines it, of the decision ``limit`` in a file with that one table."""
    return evaluate(dmn(table_file), **variables).value


def deciding_map(task: str = '<businessRuleTask id="decide" name="Межа знижки"/>', key: str = "sale") -> bytes:
    """Start, a step "ask", the task ``decide``, a step "after", end; every step complete enough to be published."""
    said = (
        "<extensionElements><camunda:properties>"
        '<camunda:property name="етап" value="Пропозиція"/><camunda:property name="термін" value="1 р.д."/>'
        '<camunda:property name="відповідальний" value="=owner"/></camunda:properties></extensionElements>'
    )
    flows = "".join(
        f'<sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(
            (("s", "ask"), ("ask", "decide"), ("decide", "after"), ("after", "e"))
        )
    )
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t" '
        'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        'xmlns:flowable="http://flowable.org/bpmn" xmlns:reglament="https://reglament.app/schema/bpmn/1.0">'
        f'<process id="{key}" name="Продаж"><startEvent id="s"/><userTask id="ask" name="Запитати">{said}</userTask>'
        f'{task}<userTask id="after" name="Далі">{said}</userTask><endEvent id="e"/>{flows}</process></definitions>'
    ).encode()


def compile_with(map_file: bytes, *tables: bytes, **more: Any) -> CompileOutcome:
    files = {"sale.bpmn": map_file, **{f"table{number}.dmn": one for number, one in enumerate(tables)}}
    return compile_bpmn(files, **more)


def codes(findings: Sequence[Finding]) -> set[str]:
    return {one.code for one in findings}


def _parts(column: Column) -> tuple[str, str, str]:
    if isinstance(column, str):
        return column, "", ""
    return column[0], column[1], column[2] if len(column) > 2 else ""  # with allowed values


def _input(expression: str, type_name: str, allowed: str) -> str:
    values = f"<inputValues>{_text(allowed)}</inputValues>" if allowed else ""
    said = f' typeRef="{type_name}"' if type_name else ""
    return (
        f"<input label={quoteattr(expression)}><inputExpression{said}>{_text(expression)}</inputExpression>{values}"
        "</input>"
    )


def _output(name: str, type_name: str, allowed: str, default: str) -> str:
    values = f"<outputValues>{_text(allowed)}</outputValues>" if allowed else ""
    values += f"<defaultOutputEntry>{_text(default)}</defaultOutputEntry>" if default else ""
    said = f' typeRef="{type_name}"' if type_name else ""
    return f'<output name="{name}"{said}>{values}</output>'


def _text(text: str) -> str:
    return f"<text>{escape(text)}</text>"
