"""What steps lack for publishing, as questions: stage, responsible and deadline, with what their neighbours have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.compiled import StepDefinition, StepKind
from engine.bpmn.deadline_text import amounts_in
from engine.bpmn.element_ids import called_by_file
from engine.bpmn.map_model import Located, Node, Place, Process
from engine.bpmn.map_properties import Property
from engine.bpmn.noticed import Noticed
from engine.bpmn.questions import Because, Proposal, QuestionKind
from engine.bpmn.step_definitions import lacks_deadline

OWNER = "=owner"
_MOST_STAGES = 6
_TO_BEGIN_WITH = {StepKind.USER: ("2 р.д.", "1 р.д.", "5 р.д.")}
_SHORT = ("1 р.д.", "4 роб. год", "3 р.д.")


def ask_what_steps_lack(processes: list[Process], steps: Mapping[str, StepDefinition], noticed: Noticed) -> None:
    """``steps`` are the definitions by element id. A step without an id is asked about at its process."""
    stages = list(dict.fromkeys(step.stage for step in steps.values() if step.stage))
    for process in processes:
        for node in process.scope.all_nodes():
            step = steps.get(node.id)
            if step is None or node.step is None:
                continue
            at, name = _asked_at(node), step.name if node.source_id else process.name or process.pool
            if not step.stage:
                noticed.ask(QuestionKind.STAGE, at, _stages(node, steps, stages), own=True, name=name)
            if not step.responsible:
                said = node.annotation.text(Property.RESPONSIBLE)
                noticed.ask(QuestionKind.RESPONSIBLE, at, _responsibles(node, steps), own=True, name=name, text=said)
            if lacks_deadline(node, step):
                text = step.deadline_text
                noticed.ask(QuestionKind.DEADLINE, at, _deadlines(step, text), own=True, name=name, text=text)


def _asked_at(node: Node) -> Located:
    process = node.scope.process
    if node.source_id:
        return node
    return Place(process.source_id, process.name or process.pool, process.line, process.file)


def _stages(node: Node, steps: Mapping[str, StepDefinition], stages: list[str]) -> list[Proposal]:
    proposals = [
        Proposal(value=neighbour.stage, because=because, params={"step": neighbour.name})
        for neighbour, because in _neighbours(node, steps)
        if neighbour.stage
    ]
    proposals += [Proposal(value=stage, because=Because.MAP_STAGE) for stage in stages[:_MOST_STAGES]]
    if node.lanes:
        proposals.append(Proposal(value=node.lanes[-1], because=Because.LANE))
    process = node.scope.process
    name = process.name or process.pool or called_by_file(process.file, process.source_id or process.id)
    proposals.append(Proposal(value=name, because=Because.MAP_NAME))
    return proposals


def _responsibles(node: Node, steps: Mapping[str, StepDefinition]) -> list[Proposal]:
    proposals = [
        Proposal(value=", ".join(neighbour.responsible), because=because, params={"step": neighbour.name})
        for neighbour, because in _neighbours(node, steps)
        if neighbour.responsible
    ]
    if node.lanes:
        proposals.insert(0, Proposal(value=node.lanes[-1], because=Because.LANE))
    return [*proposals, Proposal(value=OWNER, because=Because.DEAL_OWNER)]


def _deadlines(step: StepDefinition, text: str) -> list[Proposal]:
    said = [
        Proposal(value=amount, because=Because.IN_LABEL, params={"label": label})
        for label in (text, step.name)
        for amount in amounts_in(label)
    ]
    usual = _TO_BEGIN_WITH.get(step.kind, _SHORT)
    return [*said, *(Proposal(value=amount, because=Because.TO_BEGIN_WITH) for amount in usual)]


def _neighbours(node: Node, steps: Mapping[str, StepDefinition]) -> Iterator[tuple[StepDefinition, Because]]:
    """The nearest human steps before and behind, as far as their definitions are known."""
    for forwards, because in ((False, Because.NEIGHBOUR_BEFORE), (True, Because.NEIGHBOUR_AFTER)):
        seen, waiting = {node}, [node]
        for current in waiting:
            if current is not node and current.id in steps:
                yield steps[current.id], because
                break
            for following in _beside(current, forwards=forwards):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)


def _beside(node: Node, *, forwards: bool) -> list[Node]:
    if forwards:
        return [*(flow.target for flow in node.outgoing), *(node.inside.starts if node.inside is not None else ())]
    before = [flow.source for flow in node.incoming]
    owner = node.scope.owner
    around = [owner] if owner is not None and not node.incoming and node.host is None else []
    return [*before, *([node.host] if node.host is not None else []), *around]
