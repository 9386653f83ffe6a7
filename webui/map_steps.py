"""The steps of a map as a table in words: what was understood of what its owner wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.bpmn.approval_words import ALL_FILES
from engine.bpmn.compiled import (
    ApprovalRule,
    ContentRule,
    Distribution,
    FieldDefinition,
    FieldType,
    Freedom,
    Reauthentication,
    StepDefinition,
    StepKind,
)
from engine.bpmn.deadline_rules import EscalationAction, EscalationLadder, EscalationLevel
from engine.errors import N_
from webui.deadlines import rule_words
from webui.forms.shown_values import column_label
from webui.i18n import _, ngettext
from webui.outcomes import buttons


@dataclass(frozen=True, slots=True)
class FieldLine:
    label: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class StepLine:
    """``content`` is what an approval is bound to, where the map names it; ``proof`` what is asked of who decides.

    ``inherited_from`` is the key of the called map that the step belongs to, or empty for the map's own steps.
    """

    step: StepDefinition
    kind: str
    deadline: str
    escalation: tuple[str, ...]
    approval: str
    content: str
    proof: str
    outcomes: tuple[str, ...]
    fields: tuple[FieldLine, ...]
    freedom: str
    distribution: str
    inherited_from: str


KINDS = {
    StepKind.USER: N_("Step"),
    StepKind.APPROVAL: N_("Approval"),
    StepKind.CHOICE: N_("Which way?"),
    StepKind.CONFIRM: N_("Confirmation"),
    StepKind.EVENT: N_("Event from outside"),
}

FREEDOMS = {
    Freedom.STRICT: N_("strictly by the map"),
    Freedom.ADVISED: N_("otherwise with a reason"),
    Freedom.FREE: N_("free"),
}

DISTRIBUTIONS = {
    Distribution.CLAIM: N_("whoever takes it"),
    Distribution.LEAST_LOADED: N_("to who has the fewest open steps"),
    Distribution.ROUND_ROBIN: N_("in turn"),
    Distribution.OWNER: N_("to the deal’s owner"),
    Distribution.LAST: N_("to who worked with the client last"),
}

FIELD_TYPES = {
    FieldType.TEXT: N_("text"),
    FieldType.LONG_TEXT: N_("long text"),
    FieldType.NUMBER: N_("number"),
    FieldType.MONEY: N_("money"),
    FieldType.PERCENT: N_("percent"),
    FieldType.DATE: N_("date"),
    FieldType.MOMENT: N_("date and time"),
    FieldType.YES_NO: N_("yes or no"),
    FieldType.CHOICE: N_("choice"),
    FieldType.MANY: N_("several choices"),
    FieldType.PERSON: N_("person"),
    FieldType.CLIENT: N_("client"),
    FieldType.PHONE: N_("phone"),
    FieldType.EMAIL: N_("e-mail"),
    FieldType.LINES: N_("table of lines"),
    FieldType.READ_ONLY: N_("only shown"),
    FieldType.FILE: N_("file"),
    FieldType.CALCULATED: N_("calculated"),
}


def step_lines(steps: Iterable[StepDefinition], stages: Iterable[str], key: str) -> tuple[StepLine, ...]:
    """In the order of the stages, within a stage as drawn. Steps without a stage come last."""
    order = {name: position for position, name in enumerate(stages)}
    ordered = sorted(steps, key=lambda step: order.get(step.stage, len(order)))
    labels = {name: _(word) for name, word in _OF_EVERY_DEAL.items()}
    labels |= {field.name: field.label for step in ordered for field in step.fields if field.label}
    return tuple(_line(step, key, labels) for step in ordered)


def _line(step: StepDefinition, key: str, labels: Mapping[str, str]) -> StepLine:
    return StepLine(
        step=step,
        kind=_(KINDS[step.kind]),
        deadline=rule_words(step.deadline) if step.deadline is not None else "",
        escalation=escalation_words(step.escalation) if step.escalation is not None else (),
        approval=approval_sentence(step.approval) if step.approval is not None else "",
        content=content_sentence(step.approved_content, labels) if step.approved_content is not None else "",
        proof=_(PROOFS[step.reauthenticate]) if step.reauthenticate is not Reauthentication.NONE else "",
        outcomes=tuple(one.label for one in buttons(step.outcomes, step.kind)) if len(step.outcomes) > 1 else (),
        fields=tuple(FieldLine(one.label, _(FIELD_TYPES[one.type]), one.required) for one in step.fields),
        freedom=_(FREEDOMS[step.freedom]),
        distribution=distribution_sentence(step.distribution) if step.distribution is not None else "",
        inherited_from=step.process_key if step.process_key != key else "",
    )


def escalation_words(ladder: EscalationLadder) -> tuple[str, ...]:
    """Each rung of the ladder as a sentence."""
    return tuple(_rung(level) for level in ladder.levels)


def _rung(level: EscalationLevel) -> str:
    if level.offset is None:
        moment = _("At the deadline")
    elif level.before:
        moment = _("%(time)s before the deadline", time=rule_words(level.offset))
    else:
        moment = _("%(time)s after the deadline", time=rule_words(level.offset))
    match level.action:
        case EscalationAction.REMIND:
            happens = _("reminder to %(to)s", to=level.to) if level.to else _("reminder")
        case EscalationAction.TELL_HEAD:
            happens = _("%(to)s is told", to=level.to) if level.to else _("the head is told")
        case EscalationAction.REASSIGN:
            happens = _("the step goes to %(to)s", to=level.to) if level.to else _("the step goes to the head")
    return f"{moment}: {happens}"


def field_type_words(asked: FieldDefinition) -> str:
    return _(FIELD_TYPES[asked.type])


def field_words(asked: FieldDefinition) -> str:
    """What a field takes: its type, whether it has to be filled, what may be chosen."""
    said = [field_type_words(asked)]
    if asked.required:
        said.append(_("required"))
    if asked.choices:
        said.append(" / ".join(one.label for one in asked.choices))
    if asked.columns:
        said.append(" / ".join(column_label(one) for one in asked.columns))
    said += [_("calculated as %(formula)s", formula=_bare(asked.formula))] if asked.formula else []
    said += [_("only if %(condition)s", condition=_bare(asked.visible_if))] if asked.visible_if else []
    return ", ".join(said)


def distribution_sentence(distribution: Distribution | None) -> str:
    """How a department's step comes to its person."""
    return _(DISTRIBUTIONS[distribution]) if distribution is not None else _("as the department")


def _bare(expression: str) -> str:
    return expression.strip().removeprefix("=").strip()


def approval_sentence(rule: ApprovalRule) -> str:
    """Whose voices an approval needs."""
    match rule.mode:
        case "any":
            return _("one person is enough")
        case "all":
            return _("everybody in the department")
        case "count":
            return ngettext("%(num)s person has to approve", "%(num)s people have to approve", rule.count)
        case "list":
            names = ", ".join(rule.approvers)
            if rule.at_least is not None:
                enough = _("%(number)s of these: %(names)s", number=rule.at_least, names=names)
                return _("%(rule)s, in this order", rule=enough) if rule.in_order else enough
            return _("in this order: %(names)s", names=names) if rule.in_order else _("each of: %(names)s", names=names)


PROOFS = {
    Reauthentication.NONE: N_("no further proof"),
    Reauthentication.PASSWORD: N_("confirmed by password"),
    Reauthentication.CODE: N_("confirmed by password and code"),
}


_OF_EVERY_DEAL = {
    "client.name": N_("Client"),
    "deal.title": N_("Title"),
    "deal.amount": N_("Amount"),
    "deal.currency": N_("Currency"),
    "deal.close_date": N_("Close date"),
}


def content_sentence(rule: ContentRule | None, labels: Mapping[str, str] = MappingProxyType({})) -> str:
    """What an approval is bound to: as the map names it, or by the ``labels`` of its fields that people read."""
    if rule is None:
        return _("what the step shows, and all files")
    if rule.whole:
        return _("the whole deal")
    files = [_("all files") if one == ALL_FILES else one for one in rule.files]
    return ", ".join((*(labels.get(name, name) for name in rule.names), *files))
