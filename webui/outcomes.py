"""The buttons of a step and the words for what was decided, where the map gives none of its own."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.compiled import Outcome, OutcomeKind, StepKind
from engine.errors import N_
from webui.i18n import _

_BUTTONS = {
    OutcomeKind.COMPLETED: N_("Complete"),
    OutcomeKind.APPROVED: N_("Approve"),
    OutcomeKind.RETURNED: N_("Return for rework"),
    OutcomeKind.REJECTED: N_("Reject"),
    OutcomeKind.WAY: N_("This way"),
}
_BUTTONS_OF_KIND = {StepKind.EVENT: N_("It has happened"), StepKind.CONFIRM: N_("It is done")}
_DECIDED = {
    OutcomeKind.COMPLETED: N_("Completed"),
    OutcomeKind.APPROVED: N_("Approved"),
    OutcomeKind.RETURNED: N_("Returned for rework"),
    OutcomeKind.REJECTED: N_("Rejected"),
}
_NOTHING_MORE = N_("Begin nothing more")
_LOOKS = {
    OutcomeKind.COMPLETED: ("btn-primary", "check", "c"),
    OutcomeKind.APPROVED: ("btn-success", "thumb-up", "a"),
    OutcomeKind.RETURNED: ("btn-outline-warning", "arrow-back-up", "r"),
    OutcomeKind.REJECTED: ("btn-outline-danger", "thumb-down", ""),
    OutcomeKind.WAY: ("btn-outline-primary", "arrow-right", ""),
}
_HINTS = {
    OutcomeKind.RETURNED: N_("What has to be changed? Write it here and press the button again."),
    OutcomeKind.REJECTED: N_("Why is it rejected? Write it here and press the button again."),
}


@dataclass(frozen=True, slots=True)
class Button:
    """``key`` presses it from the keyboard; ``reason_hint`` is asked where a reason is missing."""

    id: str
    label: str
    look: str
    icon: str
    key: str
    reason_hint: str


def buttons(outcomes: tuple[Outcome, ...], kind: StepKind) -> tuple[Button, ...]:
    """The buttons that the map allows, in its order."""
    chosen_among = any(outcome.kind is OutcomeKind.WAY for outcome in outcomes)
    return tuple(_button(outcome, kind, chosen_among=chosen_among) for outcome in outcomes)


def decided(
    outcome_id: str | None, outcomes: tuple[Outcome, ...] = (), label: str = "", *, with_remarks: bool = False
) -> str:
    """The decision as a word: "Approved", "Approved with remarks", or the map's own label for the way chosen."""
    if with_remarks and outcome_id == OutcomeKind.APPROVED:
        return _("Approved with remarks")
    known = next((one.label for one in outcomes if one.id == outcome_id and one.kind is OutcomeKind.WAY), "")
    if outcome_id in set(OutcomeKind):
        return _(_DECIDED.get(OutcomeKind(outcome_id), "Completed"))
    return label or known or _("Way chosen")


def choice_explained(outcomes: tuple[Outcome, ...]) -> str:
    """What a choice does that is offered again and again."""
    if any(one.kind is OutcomeKind.COMPLETED for one in outcomes):
        enough = _(_NOTHING_MORE)
        return _("Choose what to begin next. You will be asked again until you press “%(enough)s”.", enough=enough)
    return _("Choose what to begin next. You will be asked again until the sales map says that it is enough.")


def tone_of(outcome_id: str | None) -> str:
    """The colour of a decision: never the only sign of it."""
    tones = {"approved": "good", "returned": "warning", "rejected": "danger"}
    return tones.get(outcome_id or "", "accent")


def _button(outcome: Outcome, kind: StepKind, *, chosen_among: bool) -> Button:
    look, icon, key = _LOOKS[outcome.kind]
    word = _BUTTONS[outcome.kind]
    if outcome.kind is OutcomeKind.COMPLETED:
        word = _BUTTONS_OF_KIND.get(kind, word)
        if kind is StepKind.CHOICE and chosen_among:  # of an ad-hoc sub-process, beside what can be begun
            word, look = _NOTHING_MORE, "btn-outline-secondary"
    hint = _HINTS.get(outcome.kind, N_("Say why, and press the button again.")) if outcome.needs_reason else ""
    return Button(outcome.id, outcome.label or _(word), look, icon, key, _(hint) if hint else "")
