"""From what is said about a human step to its StepDefinition: deadline, ladder, stage, responsible, fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from engine.bpmn.approval_words import content_rule, labels_of, reauthentication_named, unknown_names
from engine.bpmn.compiled import (
    ApprovalRule,
    ContentRule,
    Distribution,
    FieldDefinition,
    Freedom,
    Reauthentication,
    Stage,
    StepDefinition,
    StepKind,
    TimerKind,
)
from engine.bpmn.deadline_rules import DeadlineRule, EscalationLadder, RelativeToField
from engine.bpmn.deadline_text import DeadlineNotUnderstood, ladder_from_bag, parse_deadline, parse_ladder
from engine.bpmn.distribution_text import distribution_named
from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.map_model import Annotation, Located, Node, Place, Process, Said, Scope, StepPlan
from engine.bpmn.map_properties import Property
from engine.bpmn.map_sayings import is_drawn, said_of
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.vendor_attributes import ENGINES
from engine.bpmn.repairs.approval_text import approval_rule
from engine.bpmn.yes_or_no import says_no, says_yes

_FREEDOM = {
    "strict": Freedom.STRICT,
    "суворо": Freedom.STRICT,
    "сувора": Freedom.STRICT,
    "advised": Freedom.ADVISED,
    "з поясненням": Freedom.ADVISED,
    "рекомендовано": Freedom.ADVISED,
    "free": Freedom.FREE,
    "вільно": Freedom.FREE,
    "вільна": Freedom.FREE,
}
# Steps that somebody works on. What only waits for an event, or asks a question, needs no deadline of its own.
_WORKED_ON = frozenset({StepKind.USER, StepKind.APPROVAL, StepKind.CONFIRM})
_NOWHERE = Said("", "")
_LIST = re.compile(r"[,;]")
_EVERY_FIELD = frozenset({"all", "all fields", "усі", "всі", "усі поля", "всі поля"})


def define_steps(processes: list[Process], noticed: Noticed) -> dict[str, StepDefinition]:
    """The definitions of all human steps by element id, in the order in which a deal comes to them."""
    steps: dict[str, StepDefinition] = {}
    for process in processes:
        _say_unread_deadline(process, noticed)
        for node in in_walking_order(process.scope):
            if node.step is not None:
                steps[node.id] = _define(node, node.step, process, noticed)
    return steps


def say_what_steps_lack(processes: list[Process], noticed: Noticed) -> None:
    """The findings of ``define_steps`` alone, for a map whose structure is broken: no step need be reachable."""
    for process in processes:
        for node in process.scope.all_nodes():
            if node.step is not None:
                _define(node, node.step, process, noticed)


def stages_of(steps: dict[str, StepDefinition]) -> tuple[Stage, ...]:
    names = dict.fromkeys(step.stage for step in steps.values() if step.stage)
    return tuple(Stage(name=name, position=position) for position, name in enumerate(names))


def listed_names(text: str) -> tuple[str, ...]:
    """The names in a list that commas or semicolons separate."""
    return tuple(" ".join(part.split()) for part in _LIST.split(text) if part.strip())


def freedom_named(text: str) -> Freedom | None:
    return _FREEDOM.get(" ".join(text.casefold().split()))


def in_walking_order(scope: Scope) -> Iterator[Node]:
    """The nodes in the order in which a token first comes to them, the inside of a sub-process after itself.

    What undoes an activity comes behind it, event sub-processes behind the start.
    """
    waiting = scope.entries
    seen = set(waiting)
    for node in waiting:
        yield node
        if node.inside is not None:
            yield from in_walking_order(node.inside)
        undo = [node.undone_by] if node.undone_by is not None else []
        for following in (*(flow.target for flow in node.outgoing), *node.boundaries, *undo):
            if following not in seen and following.scope is scope:  # of a refused map an arrow may lead outside
                seen.add(following)
                waiting.append(following)


def read_ladder(annotation: Annotation, at: Located, noticed: Noticed) -> EscalationLadder | None:
    """The ladder that ``escalation`` says, or the one made of "to whom" and "after how long"."""
    text, after = annotation.text(Property.ESCALATION), annotation.text(Property.ESCALATE_AFTER)
    if text and annotation.said[Property.ESCALATION].source == "reglament":
        after = after if annotation.said.get(Property.ESCALATE_AFTER, _NOWHERE).source == "reglament" else ""
    if not text and not after:
        return None
    try:
        return parse_ladder(text) if text and not after else ladder_from_bag(text, after)
    except DeadlineNotUnderstood:
        pass
    try:
        return ladder_from_bag(text, after)
    except DeadlineNotUnderstood:
        noticed.error("ESCALATION_NOT_UNDERSTOOD", at, text="; ".join(part for part in (text, after) if part))
        return None


def _define(node: Node, plan: StepPlan, process: Process, noticed: Noticed) -> StepDefinition:
    deadline, deadline_text = _deadline(node, plan, noticed)
    rule = approval_rule(node.annotation.text(Property.APPROVAL)) if plan.kind is StepKind.APPROVAL else None
    step = StepDefinition(
        element_id=node.id,
        source_id=node.source_id,
        process_key=process.key,
        name=node.name or _neighbour_name(node) or _buttons_name(plan) or node.source_id,
        kind=plan.kind,
        stage=_stage(node),
        responsible=_responsible(node, noticed),
        distribution=_distribution(node, process, noticed),
        deadline=deadline,
        deadline_text=deadline_text,
        escalation=read_ladder(node.annotation, node, noticed),
        fields=tuple(_fields(node, plan, noticed)),
        instruction=node.annotation.text(Property.INSTRUCTION),
        outcomes=tuple(plan.outcomes),
        approval=(rule or ApprovalRule()) if plan.kind is StepKind.APPROVAL else None,
        four_eyes=_asked_for(node, Property.FOUR_EYES, noticed),
        approved_content=_approved_content(node, process, noticed) if plan.kind is StepKind.APPROVAL else None,
        reauthenticate=_reauthentication(node, noticed),
        recall=_recall(node, noticed) if plan.kind is StepKind.APPROVAL else None,
        content_seen=plan.kind is StepKind.APPROVAL and _asked_for(node, Property.CONTENT_SEEN, noticed),
        reask=plan.kind is StepKind.APPROVAL and _allowed(node, Property.REASK, noticed),
        freedom=_freedom(node, process, noticed),
        line=node.line,
        asks_again=plan.asks_again,
    )
    _say_what_is_missing(node, step, noticed)
    return step


def _neighbour_name(node: Node) -> str:
    """What a step without a name is called: the decision behind it, or where its only way leads."""
    return next((flow.target.name for flow in node.outgoing if flow.target.name), "")


def _buttons_name(plan: StepPlan) -> str:
    """What a step is called that has no other name: by what may happen there, as its buttons say it."""
    return " / ".join(outcome.label for outcome in plan.outcomes if outcome.label)


def _deadline(node: Node, plan: StepPlan, noticed: Noticed) -> tuple[DeadlineRule | None, str]:
    said = node.annotation.said.get(Property.DEADLINE)
    if said is not None:
        rule = _read_deadline(said.text)
        if rule is not None:
            return rule, said.text
        if said.source not in ENGINES:
            noticed.error("DEADLINE_NOT_UNDERSTOOD", node, text=said.text)
            return None, said.text
        noticed.warning("DEADLINE_OF_ANOTHER_ENGINE", node, text=said.text)
    if plan.kind not in _WORKED_ON:
        return None, ""
    timers = [boundary for boundary in node.boundaries if boundary.timer is not None and boundary.timer.rule]
    # A reminder on the border (non-interrupting) is the deadline before an event that ends the step.
    for boundary in sorted(timers, key=lambda boundary: boundary.interrupting):
        if boundary.timer is not None and boundary.timer.kind is not TimerKind.CYCLE:
            noticed.info("DEADLINE_FROM_TIMER", node, timer=boundary.title)
            return boundary.timer.rule, boundary.name
    of_the_map = node.scope.process.annotation.text(Property.DEADLINE)
    rule = _read_deadline(of_the_map) if of_the_map and not plan.synthetic else None
    return (rule, of_the_map) if rule is not None else (None, "")


def _say_unread_deadline(process: Process, noticed: Noticed) -> None:
    """The deadline of a whole map cannot be read: its steps have none then, and are asked for one each."""
    text = process.annotation.text(Property.DEADLINE)
    if text and _read_deadline(text) is None:
        place = Place(process.source_id, process.name or process.pool, process.line, process.file)
        noticed.warning("DEADLINE_NOT_UNDERSTOOD", place, text=text)


@lru_cache(1_000)
def _read_deadline(text: str) -> DeadlineRule | None:
    try:
        rule = parse_deadline(text)
        if isinstance(rule, RelativeToField):
            compile_expression(rule.expression)
    except (DeadlineNotUnderstood, ExpressionRefused):
        return None
    return rule


def _stage(node: Node) -> str:
    said = said_of(node, Property.STAGE)
    if said:
        return said
    if node.groups:
        return node.groups[-1]
    owner = node.scope.owner
    while owner is not None:
        stage = owner.annotation.text(Property.STAGE) or owner.name
        if stage:
            return stage
        owner = owner.scope.owner
    neighbour = _neighbour(node)
    if neighbour is not None:
        return _stage(neighbour)
    return node.scope.process.annotation.text(Property.STAGE)


def _neighbour(node: Node) -> Node | None:
    """The nearest human step before one that was not drawn: it lends its stage and its responsible."""
    if node.step is None or not node.step.synthetic:
        return None
    seen, waiting = {node}, [flow.source for flow in node.incoming]
    for current in waiting:
        if current in seen:
            continue
        seen.add(current)
        if current.step is not None and not current.step.synthetic:
            return current
        waiting += [flow.source for flow in current.incoming]
        if current.host is not None:
            waiting.append(current.host)
    return None


def _responsible(node: Node, noticed: Noticed) -> tuple[str, ...]:
    text = _of_the_part_around(node) or node.annotation.text(Property.RESPONSIBLE)
    text = text or said_of(node.like, Property.RESPONSIBLE)
    if not text and node.step is not None and node.step.synthetic:
        text = node.lanes[-1] if node.lanes else ""
        neighbour = _neighbour(node)
        if not text and neighbour is not None:
            text = neighbour.annotation.text(Property.RESPONSIBLE)
    owner = node.scope.owner
    while not text and owner is not None:
        text = owner.annotation.text(Property.RESPONSIBLE)
        owner = owner.scope.owner
    text = text or node.scope.process.annotation.text(Property.RESPONSIBLE)
    if not text.startswith("="):
        return listed_names(text)
    try:
        compile_expression(text)
    except ExpressionRefused:
        noticed.warning("RESPONSIBLE_NOT_UNDERSTOOD", node, text=text)
        return ()
    return (text,)


def _of_the_part_around(node: Node) -> str:
    """Who does a sub-process, by its owner's words: they count more than the lane that the whole of it stands in."""
    said = node.annotation.said.get(Property.RESPONSIBLE)
    if said is not None and not is_drawn(said):
        return ""
    owner = node.scope.owner
    while owner is not None and owner.lanes == node.lanes:
        of_owner = owner.annotation.said.get(Property.RESPONSIBLE)
        if of_owner is not None and not is_drawn(of_owner):
            return of_owner.text
        owner = owner.scope.owner
    return ""


def _distribution(node: Node, process: Process, noticed: Noticed) -> Distribution | None:
    text = node.annotation.text(Property.DISTRIBUTION) or process.annotation.text(Property.DISTRIBUTION)
    found = distribution_named(text)
    if text and found is None:
        noticed.warning("DISTRIBUTION_UNKNOWN", node, text=text)
    return found


def _fields(node: Node, plan: StepPlan, noticed: Noticed) -> Iterator[FieldDefinition]:
    said = node.annotation.text(Property.REQUIRED)
    listed = [part.strip() for part in _LIST.split(said) if part.strip()]
    known = {field.name for field in plan.fields} | {field.label for field in plan.fields}
    required = [name for name in listed if name in known or not (_means_all(name) or says_no(name))]
    every = any(_means_all(name) for name in listed if name not in known)
    if every and not plan.fields:
        noticed.warning("REQUIRED_NO_FIELD", node, text=said)
    for field in plan.fields:
        asked = every or field.name in required or field.label in required
        yield field.model_copy(update={"required": True}) if asked else field
    for name in required:
        if name not in known:
            yield FieldDefinition(name=name, label=name, required=True)


def _means_all(name: str) -> bool:
    """Whether a word in place of a field's name means every field of the step."""
    return says_yes(name) or name.casefold() in _EVERY_FIELD


def _freedom(node: Node, process: Process, noticed: Noticed) -> Freedom:
    text = node.annotation.text(Property.FREEDOM) or process.annotation.text(Property.FREEDOM)
    if not text:
        return Freedom.STRICT
    found = freedom_named(text)
    if found is None:
        noticed.warning("FREEDOM_UNKNOWN", node, text=text)
    return found or Freedom.STRICT


def _approved_content(node: Node, process: Process, noticed: Noticed) -> ContentRule | None:
    text = node.annotation.text(Property.APPROVED_CONTENT)
    if not text:
        return None
    nodes = [one for one in process.scope.all_nodes() if one.step is not None]
    labels = labels_of(field for one in nodes if one.step for field in one.step.fields)
    required = [name for one in nodes for name in listed_names(one.annotation.text(Property.REQUIRED))]
    labels = {name.casefold(): name for name in required} | labels
    rule = content_rule(text, labels)
    if rule is not None:
        for name in unknown_names(rule, labels.values()):
            noticed.warning("APPROVED_CONTENT_UNKNOWN", node, name=name)
    return rule


def _reauthentication(node: Node, noticed: Noticed) -> Reauthentication:
    """Where the word is not known, the password: who asks for a proof must not get none."""
    text = node.annotation.text(Property.REAUTHENTICATE)
    found = reauthentication_named(text)
    if found is None:
        noticed.warning("REAUTHENTICATION_UNKNOWN", node, text=text)
    return Reauthentication.PASSWORD if found is None else found


def _recall(node: Node, noticed: Noticed) -> bool | None:
    return _allowed(node, Property.RECALL, noticed) if node.annotation.text(Property.RECALL) else None


def _asked_for(node: Node, key: Property, noticed: Noticed) -> bool:
    """Whether a safeguard is asked for. Where the word is not known it is: whoever asks for one must not get none."""
    text = node.annotation.text(key)
    if says_yes(text) or says_no(text):
        return says_yes(text)
    noticed.warning("YES_OR_NO_UNKNOWN", node, property=key.value, text=text)
    return True


def _allowed(node: Node, key: Property, noticed: Noticed) -> bool:
    """Whether a liberty is given. Where the word is not known it is not."""
    text = node.annotation.text(key)
    if not says_yes(text) and not says_no(text):
        noticed.warning("YES_OR_NO_UNKNOWN", node, property=key.value, text=text)
    return says_yes(text)


def lacks_deadline(node: Node, step: StepDefinition) -> bool:
    """Whether the step needs a deadline and has none that can be counted."""
    drawn = node.step is not None and not node.step.synthetic
    unreadable = bool(step.deadline_text) or (drawn and step.kind in _WORKED_ON)
    return step.deadline is None and unreadable


def _say_what_is_missing(node: Node, step: StepDefinition, noticed: Noticed) -> None:
    """Publishing takes these for errors; reading only says them."""
    if not step.stage:
        noticed.warning("STAGE_MISSING", node)
    if lacks_deadline(node, step) and not step.deadline_text:
        noticed.warning("DEADLINE_MISSING", node)
    if not step.responsible:
        noticed.warning("RESPONSIBLE_MISSING", node)
