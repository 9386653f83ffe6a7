"""Draws a map as a person would: BPMN that goes through the whole importer, with every short cut that people take.

Starts and ends are left out where the standard lets them be, links stand for long arrows, approvals are decided by the
labels of arrows. What the importer makes of it must still be what the standard says.
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from support.decision_tables import dmn, table
from support.drawn_maps import NAMESPACES
from support.token_game.maps import Chosen, Enough, Event, Flow, Graph, Kind, Node, Repeat, Says, What

from engine.bpmn.compile import CompileOutcome, compile_bpmn

KEY = "sale"
_JOINS = (Kind.PARALLEL, Kind.INCLUSIVE, Kind.COMPLEX)
_TAGS = {
    Kind.START: "startEvent",
    Kind.END: "endEvent",
    Kind.STEP: "userTask",
    Kind.SERVICE: "serviceTask",
    Kind.SCRIPT: "scriptTask",
    Kind.RULE: "businessRuleTask",
    Kind.EXCLUSIVE: "exclusiveGateway",
    Kind.PARALLEL: "parallelGateway",
    Kind.INCLUSIVE: "inclusiveGateway",
    Kind.COMPLEX: "complexGateway",
    Kind.RACE: "eventBasedGateway",
    Kind.CATCH: "intermediateCatchEvent",
    Kind.THROW: "intermediateThrowEvent",
    Kind.BOUNDARY: "boundaryEvent",
    Kind.SCOPE: "subProcess",
    Kind.CALL: "callActivity",
    Kind.HANDLER: "subProcess",
    Kind.AD_HOC: "adHocSubProcess",
}
_LABELS = {"approved": "Погоджено", "returned": "На доопрацювання", "rejected": "Відхилено"}


def as_drawn(graph: Graph) -> bytes:
    """The file."""
    return _Pen().file(graph)


def compiled(graph: Graph) -> CompileOutcome:
    tables = "".join(table_of(node) for node in graph.everything() if node.table is not None)
    files = {"map.bpmn": as_drawn(graph)}
    return compile_bpmn(files | ({"tables.dmn": dmn(tables)} if tables else {}), process_key=KEY)


def table_of(node: Node) -> str:
    """The decision of a business rule task, in DMN; it has the id of the task."""
    drawn = node.table
    assert drawn is not None
    rules = [["-" if cell is None else str(cell).lower() for cell in rule] for rule in drawn.rules]
    return table(
        [(name, "boolean") for name in drawn.inputs],
        [(drawn.output, "boolean")],
        *rules,
        policy=drawn.policy,
        defaults={} if drawn.otherwise is None else {drawn.output: str(drawn.otherwise).lower()},
        decision=node.node_id,
        name=node.node_id,
    )


def rule_of(enough: Enough) -> str:
    """The activation condition of a complex gateway."""
    also = f" or {enough.variable}" if enough.variable else ""
    return f"activationCount >= {enough.arrows}{also}"


def _is_link(graph: Graph, flow: Flow) -> bool:
    source, target = graph.nodes[flow.source], graph.nodes[flow.target]
    return source.linked and target.linked and source.kind is Kind.THROW and target.kind is Kind.CATCH


class _Pen:
    def __init__(self) -> None:
        self.roots: dict[str, str] = {}
        self.maps: list[str] = []
        self.called: set[str] = set()

    def file(self, graph: Graph) -> bytes:
        body = self._scope(graph)
        maps = f'<process id="{KEY}" isExecutable="true">\n{body}</process>\n{"".join(self.maps)}'
        roots = "".join(self.roots.values())
        return f"<definitions {NAMESPACES} id='d' targetNamespace='t'>{roots}\n{maps}</definitions>".encode()

    def _scope(self, graph: Graph) -> str:
        parts = [self._node(graph, node) for node in graph.nodes.values()]
        parts += [self._flow(flow) for flow in graph.flows if not _is_link(graph, flow)]
        parts += [self._undoing(node) for node in graph.nodes.values() if node.undoes]
        return "\n".join(parts) + "\n"

    @staticmethod
    def _undoing(handler: Node) -> str:
        """The event on the border of what ``handler`` undoes, and the line from it."""
        event = f"{handler.undoes}_undone"
        return (
            f'<boundaryEvent id="{event}" attachedToRef="{handler.undoes}"><compensateEventDefinition/></boundaryEvent>'
            f'<association id="{event}_by" sourceRef="{event}" targetRef="{handler.node_id}"/>'
        )

    def _flow(self, flow: Flow) -> str:
        name, inner = "", ""
        if isinstance(flow.question, Says):
            inner = (
                f'<conditionExpression xsi:type="tFormalExpression">${{{flow.question.variable}}}</conditionExpression>'
            )
        elif isinstance(flow.question, Chosen):
            name = flow.flow_id
        elif flow.question is not None:
            name = _LABELS[flow.question.outcomes[0]]
        named = f" name={quoteattr(name)}" if name else ""
        return (
            f'<sequenceFlow id="{flow.flow_id}"{named} sourceRef="{flow.source}" targetRef="{flow.target}">'
            f"{inner}</sequenceFlow>"
        )

    def _node(self, graph: Graph, node: Node) -> str:  # noqa: C901, PLR0912  # one case for each kind of node
        attributes = {"id": node.node_id, "name": node.node_id}
        merges = node.kind not in _JOINS and len(graph.entering(node.node_id)) > 1
        inner = self._extensions(node, merges=merges) + self._event(graph, node) + self._repeat(node.repeat)
        default = next((flow for flow in graph.leaving(node.node_id) if flow.default), None)
        if default is not None:
            attributes["default"] = default.flow_id
        if node.undoes:
            attributes["isForCompensation"] = "true"
        tag = _TAGS[node.kind]
        match node.kind:
            case Kind.BOUNDARY:
                attributes |= {"attachedToRef": node.host or "", "cancelActivity": str(node.interrupting).lower()}
            case Kind.START if node.event is not None:
                attributes["isInterrupting"] = str(node.interrupting).lower()
            case Kind.SCRIPT:
                assert node.writes is not None
                inner += f"<script>{node.writes[0]} = {str(node.writes[1]).lower()}</script>"
            case Kind.RULE:
                attributes["camunda:decisionRef"] = node.node_id
            case Kind.COMPLEX if node.enough is not None:
                inner += f"<activationCondition>{escape(rule_of(node.enough))}</activationCondition>"
            case Kind.SCOPE | Kind.HANDLER:
                assert node.inner is not None
                inner += "\n" + self._scope(node.inner)
                if node.kind is Kind.HANDLER:
                    attributes["triggeredByEvent"] = "true"
                tag = "transaction" if node.transaction else tag
            case Kind.AD_HOC:
                assert node.inner is not None
                assert node.ad_hoc is not None
                attributes["ordering"] = "Sequential" if node.ad_hoc.in_turn else "Parallel"
                attributes["cancelRemainingInstances"] = str(not node.ad_hoc.leaves).lower()
                inner += "\n" + self._scope(node.inner)
                if node.ad_hoc.variable:
                    inner += f"<completionCondition>${{{node.ad_hoc.variable}}}</completionCondition>"
            case Kind.CALL:
                assert node.inner is not None
                called = node.called or f"map_of_{node.node_id}"
                attributes["calledElement"] = called
                if called not in self.called:
                    self.called.add(called)
                    inside = self._scope(node.inner)
                    self.maps.append(f'<process id="{called}" isExecutable="true">\n{inside}</process>\n')
            case _:
                pass
        written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        return f"<{tag}{written}>{inner}</{tag}>"

    @staticmethod
    def _extensions(node: Node, *, merges: bool) -> str:
        """``merges``: each token goes on, as by the standard, where the product would rather wait for all."""
        inner = "".join(f'<camunda:formField id="{name}" type="boolean"/>' for name in node.answers)
        inner = f"<camunda:formData>{inner}</camunda:formData>" if inner else ""
        said = [("approval", "any")] * node.decides + [("merge", "each")] * merges
        if said:
            properties = "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in said)
            inner += f"<camunda:properties>{properties}</camunda:properties>"
        return f"<extensionElements>{inner}</extensionElements>" if inner else ""

    @staticmethod
    def _repeat(repeat: Repeat | None) -> str:
        if repeat is None:
            return ""
        if repeat.loop:
            most = "" if repeat.count is None else f' loopMaximum="{repeat.count}"'
            condition = f"<loopCondition>${{{repeat.variable}}}</loopCondition>" if repeat.variable else ""
            return f"<standardLoopCharacteristics{most}>{condition}</standardLoopCharacteristics>"
        enough = f"<completionCondition>${{{repeat.variable}}}</completionCondition>" if repeat.variable else ""
        return (
            f'<multiInstanceLoopCharacteristics isSequential="{str(repeat.in_turn).lower()}">'
            f"<loopCardinality>{repeat.count}</loopCardinality>{enough}</multiInstanceLoopCharacteristics>"
        )

    def _event(self, graph: Graph, node: Node) -> str:  # noqa: PLR0911  # one case for each kind of event
        event: Event | None = node.event
        if node.linked:
            flows = graph.leaving(node.node_id) + graph.entering(node.node_id)
            link = next(flow for flow in flows if _is_link(graph, flow))
            return f'<linkEventDefinition name="{link.flow_id}"/>'
        if event is None:
            return ""
        match event.what:
            case What.TIMER if event.cycle:
                bound = "" if event.ticks is None else str(event.ticks)
                return f"<timerEventDefinition><timeCycle>R{bound}/P{event.days}D</timeCycle></timerEventDefinition>"
            case What.TIMER:
                return f"<timerEventDefinition><timeDuration>P{event.days}D</timeDuration></timerEventDefinition>"
            case What.CONDITION:
                return (
                    f"<conditionalEventDefinition><condition>${{{event.name}}}</condition></conditionalEventDefinition>"
                )
            case What.TERMINATE:
                return "<terminateEventDefinition/>"
            case What.CANCEL:
                return "<cancelEventDefinition/>"
            case What.COMPENSATE:
                named = f' activityRef="{event.name}"' if event.name else ""
                return f"<compensateEventDefinition{named}/>"
            case _:
                return self._reference(event)

    def _reference(self, event: Event) -> str:
        kind = event.what.value
        if not event.name:
            return f"<{kind}EventDefinition/>"
        root = f"{kind}_{event.name}"
        code = f' {kind}Code="{event.name}"' if event.what in (What.ERROR, What.ESCALATION) else ""
        self.roots[root] = f'<{kind} id="{root}" name="{event.name}"{code}/>'
        return f'<{kind}EventDefinition {kind}Ref="{root}"/>'
