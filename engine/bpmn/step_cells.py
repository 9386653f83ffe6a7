"""The cells of the table of steps: what a step says as text that its owner can edit, and what such a text means.

Texts are written in the owner's language and read in any; what is written into the map's file is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from engine.bpmn.approval_words import ALL_FILES, labelled_names, reauthentication_named
from engine.bpmn.compiled import ApprovalRule, Distribution, FieldDefinition, Freedom, Reauthentication, StepDefinition
from engine.bpmn.deadline_rules import DeadlineRule, EscalationLadder, RelativeToField
from engine.bpmn.deadline_text import parse_deadline
from engine.bpmn.distribution_text import distribution_named, distribution_words
from engine.bpmn.duration_text import DeadlineNotUnderstood
from engine.bpmn.escalation_text import ladder_from_bag
from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.repairs.approval_text import approval_rule
from engine.bpmn.safe_xml import MAX_ATTRIBUTE_LENGTH
from engine.bpmn.step_definitions import freedom_named, listed_names
from engine.bpmn.writing.ladder_text import ladder_text
from engine.bpmn.writing.refusals import PropertyTooLong
from engine.bpmn.yes_or_no import says_no, says_yes
from engine.errors import N_, DomainError


class StepCell(StrEnum):
    """The columns of the table. The values are the keys under which they are written into the map."""

    STAGE = "stage"
    RESPONSIBLE = "responsible"
    DISTRIBUTION = "distribution"
    DEADLINE = "deadline"
    ESCALATION = "escalation"
    APPROVAL = "approval"
    FOUR_EYES = "four_eyes"
    APPROVED_CONTENT = "approved_content"
    REAUTHENTICATE = "reauthenticate"
    RECALL = "recall"
    CONTENT_SEEN = "content_seen"
    REASK = "reask"
    REQUIRED = "required"
    INSTRUCTION = "instruction"
    FREEDOM = "freedom"


OF_APPROVALS = frozenset({StepCell.APPROVED_CONTENT, StepCell.RECALL, StepCell.CONTENT_SEEN, StepCell.REASK})
"""The columns that say something of approvals alone."""


class EscalationNotUnderstood(DomainError):
    code: ClassVar[str] = "escalation_not_understood"
    template: ClassVar[str] = N_(
        "“%(text)s” is not understood as an escalation. Write for example “remind 1 business day before; head at due”."
    )


class DistributionNotUnderstood(DomainError):
    code: ClassVar[str] = "distribution_not_understood"
    template: ClassVar[str] = N_(
        "“%(text)s” is no way to give out steps. "
        "Write: whoever takes it, least loaded, in turn, deal owner, or who knows the client."
    )


class FreedomNotUnderstood(DomainError):
    code: ClassVar[str] = "freedom_not_understood"
    template: ClassVar[str] = N_("“%(text)s” is no freedom: write strict, advised or free.")


class ReauthenticationNotUnderstood(DomainError):
    code: ClassVar[str] = "reauthentication_not_understood"
    template: ClassVar[str] = N_("“%(text)s” is no proof of who decides: write password, or code.")


class YesOrNoNotUnderstood(DomainError):
    code: ClassVar[str] = "yes_or_no_not_understood"
    template: ClassVar[str] = N_("“%(text)s” is neither yes nor no.")


class ExpressionNotUnderstood(DomainError):
    code: ClassVar[str] = "expression_not_understood"
    template: ClassVar[str] = N_("“%(text)s” cannot be calculated: after “=” a value of the deal is named.")


@dataclass(frozen=True, slots=True)
class CellMeaning:
    """What was understood. ``written`` goes into the map's file, None where the cell is empty; the others are set for
    the cells that they are named after, ``names`` for responsibles and required fields.
    """

    written: str | None = None
    deadline: DeadlineRule | None = None
    escalation: EscalationLadder | None = None
    approval: ApprovalRule | None = None
    names: tuple[str, ...] = ()
    freedom: Freedom | None = None
    distribution: Distribution | None = None
    yes: bool = False


_YES = {"uk": "так", "en": "yes"}
_NO_WORD = {"uk": "ні", "en": "no"}
_PROOFS: Mapping[str, Mapping[Reauthentication, str]] = {
    "uk": {Reauthentication.PASSWORD: "пароль", Reauthentication.CODE: "код"},
    "en": {Reauthentication.PASSWORD: "password", Reauthentication.CODE: "code"},
}
_CONTENT = {"uk": {"whole": "усе", "files": "файли"}, "en": {"whole": "all", "files": "files"}}
_FREEDOMS: Mapping[str, Mapping[Freedom, str]] = {
    "uk": {Freedom.STRICT: "суворо", Freedom.ADVISED: "з поясненням", Freedom.FREE: "вільно"},
    "en": {Freedom.STRICT: "strict", Freedom.ADVISED: "advised", Freedom.FREE: "free"},
}
_APPROVALS: Mapping[str, Mapping[str, str]] = {
    "uk": {"any": "будь-хто", "all": "всі", "in_order": "по черзі", "of": "з"},
    "en": {"any": "any", "all": "all", "in_order": "in order", "of": "of"},
}


def freedom_words(language: str) -> tuple[str, ...]:
    """How the three freedoms are written, the strictest first."""
    return tuple(_FREEDOMS[_known(language)].values())


def yes_word(language: str) -> str:
    return _YES[_known(language)]


def yes_and_no(language: str) -> tuple[str, str]:
    return yes_word(language), _NO_WORD[_known(language)]


def proof_words(language: str) -> tuple[str, ...]:
    """How people may have to prove who they are when they decide, the weakest first."""
    return tuple(_PROOFS[_known(language)].values())


def content_words(language: str) -> tuple[str, ...]:
    """What is usually approved without being named: the whole deal, all files."""
    return tuple(_CONTENT[_known(language)].values())


def approval_words(language: str) -> tuple[str, ...]:
    """The usual approvals: by anybody, by all."""
    words = _APPROVALS[_known(language)]
    return words["any"], words["all"]


def cell_text(step: StepDefinition, cell: StepCell, language: str, *, fields: Collection[FieldDefinition]) -> str:
    """What stands in the cell: for a deadline that was drawn and not written, nothing.

    ``fields`` are all of the map: what is approved is told by their labels.
    """
    if cell is StepCell.APPROVED_CONTENT:
        return _content_text(step, _known(language), fields)
    return _TEXTS[cell](step, _known(language))


def read_cell(cell: StepCell, text: str) -> CellMeaning:
    """What the text of a cell means; empty, it says nothing and the drawing speaks.

    Raises DeadlineNotUnderstood, EscalationNotUnderstood, DistributionNotUnderstood, FreedomNotUnderstood,
    YesOrNoNotUnderstood, ReauthenticationNotUnderstood, ExpressionNotUnderstood, PropertyTooLong.
    """
    text = text.strip()
    if not text:
        return CellMeaning()
    if len(text) > MAX_ATTRIBUTE_LENGTH:
        raise PropertyTooLong(limit=MAX_ATTRIBUTE_LENGTH)
    return _READERS[cell](text) if cell in _READERS else CellMeaning(written=text)


def _known(language: str) -> str:
    return "uk" if language == "uk" else "en"


def _deadline_text(step: StepDefinition, _language: str) -> str:
    try:
        return step.deadline_text if step.deadline is None or _deadline(step.deadline_text) == step.deadline else ""
    except DeadlineNotUnderstood:
        return ""  # the label of a timer


def _approval_text(step: StepDefinition, language: str) -> str:
    rule = step.approval
    if rule is None:
        return ""
    words = _APPROVALS[language]
    names = ", ".join(rule.approvers)
    if rule.at_least is not None:
        names = f"{rule.at_least} {words['of']}: {names}"
    who = {"any": words["any"], "all": words["all"], "count": str(rule.count), "list": names}
    return f"{who[rule.mode]} {words['in_order']}" if rule.in_order else who[rule.mode]


def _content_text(step: StepDefinition, language: str, fields: Collection[FieldDefinition]) -> str:
    rule, words = step.approved_content, _CONTENT[language]
    if rule is None:
        return ""
    files = [words["files"] if one == ALL_FILES else one for one in rule.files]
    names = labelled_names(rule, fields, language)
    return ", ".join([*([words["whole"]] if rule.whole else []), *names, *files])


def _recall_text(step: StepDefinition, language: str) -> str:
    if step.recall is None:
        return ""
    return _YES[language] if step.recall else _NO_WORD[language]


def _required_text(step: StepDefinition, _language: str) -> str:
    required = (field for field in step.fields if field.required)
    return ", ".join(field.name if "," in field.label or ";" in field.label else field.label for field in required)


_TEXTS: Mapping[StepCell, Callable[[StepDefinition, str], str]] = {
    StepCell.STAGE: lambda step, _: step.stage,
    StepCell.RESPONSIBLE: lambda step, _: ", ".join(step.responsible),
    StepCell.DISTRIBUTION: lambda step, language: (
        distribution_words(language)[step.distribution] if step.distribution is not None else ""
    ),
    StepCell.DEADLINE: _deadline_text,
    StepCell.ESCALATION: lambda step, language: (
        ladder_text(step.escalation, language) if step.escalation is not None else ""
    ),
    StepCell.APPROVAL: _approval_text,
    StepCell.FOUR_EYES: lambda step, language: _YES[language] if step.four_eyes else "",
    StepCell.REAUTHENTICATE: lambda step, language: _PROOFS[language].get(step.reauthenticate, ""),
    StepCell.RECALL: _recall_text,
    StepCell.CONTENT_SEEN: lambda step, language: _YES[language] if step.content_seen else "",
    StepCell.REASK: lambda step, language: _YES[language] if step.reask else "",
    StepCell.REQUIRED: _required_text,
    StepCell.INSTRUCTION: lambda step, _: step.instruction,
    StepCell.FREEDOM: lambda step, language: _FREEDOMS[language][step.freedom],
}


def _deadline(text: str) -> DeadlineRule:
    rule = parse_deadline(text)
    if isinstance(rule, RelativeToField):
        try:
            compile_expression(rule.expression)
        except ExpressionRefused:
            raise DeadlineNotUnderstood(text) from None
    return rule


def _read_responsible(text: str) -> CellMeaning:
    if not text.startswith("="):
        return CellMeaning(written=text, names=listed_names(text))
    try:
        compile_expression(text)
    except ExpressionRefused:
        raise ExpressionNotUnderstood(text=text) from None
    return CellMeaning(written=text, names=(text,))


def _read_escalation(text: str) -> CellMeaning:
    try:
        return CellMeaning(written=text, escalation=ladder_from_bag(text, ""))
    except DeadlineNotUnderstood:
        raise EscalationNotUnderstood(text=text) from None


def _read_yes_or_no(text: str) -> CellMeaning:
    yes = says_yes(text)
    if not yes and not says_no(text):
        raise YesOrNoNotUnderstood(text=text)
    return CellMeaning(written="yes" if yes else "no", yes=yes)


def _read_reauthentication(text: str) -> CellMeaning:
    found = reauthentication_named(text)
    if found is None:
        raise ReauthenticationNotUnderstood(text=text)
    return CellMeaning(written=found.value)


def _read_distribution(text: str) -> CellMeaning:
    found = distribution_named(text)
    if found is None:
        raise DistributionNotUnderstood(text=text)
    return CellMeaning(written=found.value, distribution=found)


def _read_freedom(text: str) -> CellMeaning:
    found = freedom_named(text)
    if found is None:
        raise FreedomNotUnderstood(text=text)
    return CellMeaning(written=found.value, freedom=found)


def _read_approval(text: str) -> CellMeaning:
    return CellMeaning(written=text, approval=approval_rule(text))


_READERS: Mapping[StepCell, Callable[[str], CellMeaning]] = {
    StepCell.RESPONSIBLE: _read_responsible,
    StepCell.DISTRIBUTION: _read_distribution,
    StepCell.DEADLINE: lambda text: CellMeaning(written=text, deadline=_deadline(text)),
    StepCell.ESCALATION: _read_escalation,
    StepCell.APPROVAL: _read_approval,
    StepCell.FOUR_EYES: _read_yes_or_no,
    StepCell.REAUTHENTICATE: _read_reauthentication,
    StepCell.RECALL: _read_yes_or_no,
    StepCell.CONTENT_SEEN: _read_yes_or_no,
    StepCell.REASK: _read_yes_or_no,
    StepCell.REQUIRED: lambda text: CellMeaning(written=text, names=listed_names(text)),
    StepCell.FREEDOM: _read_freedom,
}
