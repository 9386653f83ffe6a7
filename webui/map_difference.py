"""The difference between two versions of a map in words, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.bpmn.compiled import ApprovalRule, CompiledProcess, FieldDefinition, LoopRule, StepKind, TimerRule
from engine.bpmn.deadline_rules import DeadlineRule, EscalationLadder
from engine.bpmn.outline import outline_of
from engine.bpmn.version_changes import Change, ChangeKind
from engine.bpmn.version_difference import Difference, Mark, Part
from engine.errors import N_
from webui.condition_words import Vocabulary, condition_words, expression_words
from webui.deadlines import rule_words
from webui.decision_tables import policy_words
from webui.i18n import _
from webui.map_steps import (
    FREEDOMS,
    KINDS,
    PROOFS,
    approval_sentence,
    content_sentence,
    distribution_sentence,
    escalation_words,
    field_words,
)
from webui.outcomes import buttons
from webui.version_changes import people_words

MARKS: Mapping[Mark, tuple[str, str, str]] = {
    Mark.ADDED: (N_("added"), "good", "plus"),
    Mark.REMOVED: (N_("removed"), "danger", "minus"),
    Mark.CHANGED: (N_("changed"), "warning", "edit"),
    Mark.MOVED: (N_("moved in the drawing"), "accent", "arrows-move"),
}
"""Word, tone and icon."""

PARTS: Mapping[Part, str] = {
    Part.MAP: N_("The map as a whole"),
    Part.STEP: N_("Steps"),
    Part.ELEMENT: N_("Events, decisions and calls"),
    Part.WAY: N_("Ways"),
    Part.TABLE: N_("Decision tables"),
}

_LONG = frozenset({ChangeKind.INSTRUCTION})
_WHAT = {
    ChangeKind.NAME: N_("name"),
    ChangeKind.STAGE: N_("stage"),
    ChangeKind.INSTRUCTION: N_("instruction"),
    ChangeKind.DEADLINE: N_("deadline"),
    ChangeKind.ESCALATION: N_("escalation"),
    ChangeKind.RESPONSIBLE: N_("responsible"),
    ChangeKind.DISTRIBUTION: N_("how it is given out"),
    ChangeKind.OUTCOMES: N_("buttons"),
    ChangeKind.FOUR_EYES: N_("four eyes"),
    ChangeKind.KIND: N_("kind"),
    ChangeKind.APPROVAL: N_("approval"),
    ChangeKind.FREEDOM: N_("freedom"),
    ChangeKind.APPROVED_CONTENT: N_("what is approved"),
    ChangeKind.REAUTHENTICATE: N_("proof of who decides"),
    ChangeKind.RECALL: N_("taking the request back"),
    ChangeKind.CONTENT_SEEN: N_("programs name what they have read"),
    ChangeKind.REASK: N_("changes after the approval"),
    ChangeKind.STAGES: N_("stages"),
    ChangeKind.CALLED: N_("called map"),
    ChangeKind.REPEATS: N_("how often"),
    ChangeKind.SERVICE: N_("connector"),
    ChangeKind.WRITES: N_("what it writes by itself"),
    ChangeKind.RESULT: N_("result of the deal"),
    ChangeKind.DECIDES: N_("decision table"),
    ChangeKind.CONDITION: N_("condition"),
    ChangeKind.DEFAULT: N_("taken when no other way is open"),
    ChangeKind.COMES_FROM: N_("begins at"),
    ChangeKind.LEADS_TO: N_("leads to"),
    ChangeKind.TIMER: N_("time"),
    ChangeKind.MESSAGE: N_("message"),
    ChangeKind.HIT_POLICY: N_("which rules count"),
}
_KINDS_OF_ELEMENTS = {
    "callActivity": N_("call of another map"),
    "subProcess": N_("part of the map"),
    "transaction": N_("part of the map"),
    "adHocSubProcess": N_("part of the map"),
    "startEvent": N_("beginning"),
    "endEvent": N_("end"),
    "intermediateCatchEvent": N_("event"),
    "intermediateThrowEvent": N_("event"),
    "boundaryEvent": N_("event"),
    "exclusiveGateway": N_("decision"),
    "parallelGateway": N_("side by side"),
    "inclusiveGateway": N_("decision"),
    "eventBasedGateway": N_("whichever happens first"),
    "complexGateway": N_("decision"),
}
_RESULTS = {"won": N_("won"), "lost": N_("lost")}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """What about the thing, and how it was and is. ``is_long``: both are texts to be read below each other."""

    what: str
    before: str
    now: str
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """``title`` names the thing, ``where`` says where something added or removed stands."""

    difference: Difference
    title: str
    word: str
    tone: str
    icon: str
    where: str
    changes: tuple[ChangeLine, ...] = ()

    @property
    def element_id(self) -> str:
        return self.difference.now_id or self.difference.before_id

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each change as a sentence that can stand alone."""
        if not self.changes:
            said = f"{self.title}: {self.word}"
            return (f"{said}, {self.where}" if self.where else said,)
        return tuple(self._sentence(one) for one in self.changes)

    def _sentence(self, change: ChangeLine) -> str:
        if self.difference.part is Part.STEP and not change.is_long:
            return _(
                "%(what)s of the step “%(name)s”: %(before)s → %(now)s",
                what=change.what,
                name=self.difference.name,
                before=change.before,
                now=change.now,
            )
        if change.is_long:
            return f"{self.title}: {_('another instruction')}"
        return f"{self.title}, {change.what}: {change.before} → {change.now}"


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    title: str
    lines: tuple[DifferenceLine, ...] = field(default=())


def difference_groups(
    differences: Iterable[Difference], old: CompiledProcess, new: CompiledProcess
) -> tuple[DifferenceGroup, ...]:
    """Everything that is worth a word, by part, in the order of the map; a part without differences is left out."""
    telling = _Telling(old, new)
    lines = [telling.line(one) for one in differences if one.is_told]
    groups = (
        DifferenceGroup(_(title), tuple(line for line in lines if line.difference.part is part))
        for part, title in PARTS.items()
    )
    return tuple(group for group in groups if group.lines)


class _Telling:
    def __init__(self, old: CompiledProcess, new: CompiledProcess) -> None:
        self._words = tuple(Vocabulary.of(one, outline_of(one)) for one in (old, new))

    def line(self, difference: Difference) -> DifferenceLine:
        word, tone, icon = MARKS[difference.mark]
        return DifferenceLine(
            difference=difference,
            title=_title(difference),
            word=_(word),
            tone=tone,
            icon=icon,
            where=_where(difference),
            changes=tuple(line for change in difference.changes for line in self._lines(change)),
        )

    def _lines(self, change: Change) -> Iterable[ChangeLine]:
        if change.kind is ChangeKind.FIELDS:
            return field_lines(change.before, change.now)
        if change.kind is ChangeKind.RULE:
            title = _("rule %(number)s", number=change.element_id)
            return (ChangeLine(title, _rule_cells(change.before), _rule_cells(change.now)),)
        before, now = self._said(change, change.before, 0), self._said(change, change.now, 1)
        if before == now:  # set up in another way, for which there are no everyday words
            before, now = _("as it was"), _("set up in another way")
        return (ChangeLine(_(_WHAT[change.kind]), before, now, change.kind in _LONG),)

    def _said(self, change: Change, value: Any, side: int) -> str:
        if change.kind is ChangeKind.CONDITION:
            return condition_words(value, self._words[side])
        if change.kind is ChangeKind.WRITES:
            return "; ".join(
                f"{name} = {expression_words(text, self._words[side])}" for name, text in value or ()
            ) or _("nothing")
        return _SAID.get(change.kind, _plain)(value)


def field_lines(before: Iterable[FieldDefinition], now: Iterable[FieldDefinition]) -> Iterable[ChangeLine]:
    """Field by field: new ones, those that are gone, those that ask otherwise."""
    old, new = {one.name: one for one in before}, {one.name: one for one in now}
    lines = []
    for name, asked in {**old, **new}.items():
        was, is_now = old.get(name), new.get(name)
        if was == is_now:
            continue
        first = field_words(was) if was else _("was not asked")
        then = field_words(is_now) if is_now else _("is asked no more")
        if was and is_now and was.label != is_now.label:
            first, then = f"“{was.label}” ({first})", f"“{is_now.label}” ({then})"
        elif first == then:
            then = _("set up in another way")
        title = (was or asked).label or name
        lines.append(ChangeLine(_("field “%(name)s”", name=title), first, then))
    if not lines:
        first, then = (", ".join(one.label for one in each.values()) for each in (old, new))
        lines.append(ChangeLine(_("order of the fields"), first, then))
    return lines


def _rule_cells(cells: Iterable[str] | None) -> str:
    return " | ".join(cells) if cells is not None else _("none")


def _title(difference: Difference) -> str:
    name = _("“%(name)s”", name=difference.name) if difference.name else ""
    match difference.part:
        case Part.WAY:
            ends = f"{_names(difference.after)} → {_names(difference.before)}"
            return f"{ends} ({name})" if name else ends
        case Part.ELEMENT:
            kind = _(_KINDS_OF_ELEMENTS.get(difference.kind, N_("automatic step")))
            return f"{name} ({kind})" if name else kind
        case _:
            return name


def _where(difference: Difference) -> str:
    if difference.part not in (Part.STEP, Part.ELEMENT) or difference.mark is Mark.CHANGED:
        return ""
    said = []
    if difference.after:
        said.append(_("after %(names)s", names=_names(difference.after)))
    if difference.before:
        said.append(_("before %(names)s", names=_names(difference.before)))
    return ", ".join(said)


def _names(names: Iterable[str]) -> str:
    return ", ".join(_("“%(name)s”", name=one) for one in names) or "…"


def _plain(value: Any) -> str:
    return str(value) if value else _("none")


def _rule(rule: DeadlineRule | None) -> str:
    return rule_words(rule) if rule is not None else _("none")


def _ladder(ladder: EscalationLadder | None) -> str:
    return "; ".join(escalation_words(ladder)) if ladder is not None else _("as the map and the department say")


def _timer(rule: TimerRule | None) -> str:
    if rule is None:
        return _("none")
    return rule_words(rule.rule) if rule.rule is not None else str(rule.expression)


def _approval(rule: ApprovalRule | None) -> str:
    return approval_sentence(rule) if rule is not None else _("none")


def _loop(rule: LoopRule | None) -> str:
    if rule is None:
        return _("once")
    return rule.cardinality or rule.collection or rule.again_while or _("several times")


def _yes(value: Any) -> str:
    return _("yes") if value else _("no")


_SAID: Mapping[ChangeKind, Callable[[Any], str]] = {
    ChangeKind.DEADLINE: _rule,
    ChangeKind.ESCALATION: _ladder,
    ChangeKind.RESPONSIBLE: people_words,
    ChangeKind.OUTCOMES: lambda outcomes: " / ".join(one.label for one in buttons(outcomes, StepKind.USER)),
    ChangeKind.FOUR_EYES: _yes,
    ChangeKind.DEFAULT: _yes,
    ChangeKind.KIND: lambda kind: _(KINDS[kind]) if kind in KINDS else _(_KINDS_OF_ELEMENTS.get(kind, kind)),
    ChangeKind.APPROVAL: _approval,
    ChangeKind.DISTRIBUTION: distribution_sentence,
    ChangeKind.APPROVED_CONTENT: content_sentence,
    ChangeKind.REAUTHENTICATE: lambda wanted: _(PROOFS[wanted]),
    ChangeKind.RECALL: lambda recall: _("as usual") if recall is None else _yes(recall),
    ChangeKind.CONTENT_SEEN: _yes,
    ChangeKind.REASK: _yes,
    ChangeKind.FREEDOM: lambda freedom: _(FREEDOMS[freedom]),
    ChangeKind.STAGES: lambda names: " → ".join(names) or _("none"),
    ChangeKind.REPEATS: _loop,
    ChangeKind.RESULT: lambda result: _(_RESULTS[result]) if result in _RESULTS else _("none"),
    ChangeKind.COMES_FROM: _names,
    ChangeKind.LEADS_TO: _names,
    ChangeKind.TIMER: _timer,
    ChangeKind.MESSAGE: lambda rule: rule.name if rule is not None else _("none"),
    ChangeKind.SERVICE: lambda rule: rule.connector if rule is not None else _("none"),
    ChangeKind.HIT_POLICY: policy_words,
    ChangeKind.DECIDES: lambda task: task.decision if task is not None else _("none"),
}
