"""What moving deals to another version would do, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.bpmn.compiled import FieldDefinition, TimerRule
from engine.bpmn.version_changes import Change, ChangeKind
from engine.errors import N_, DomainError
from engine.model.version_move import MovedDealState, VersionMoveState
from engine.queries.move_preview import MoveGroup, MovePreview, Place, Verdict
from webui.deadlines import rule_words
from webui.i18n import _
from webui.map_steps import distribution_sentence
from webui.messages import error_text

VERDICTS = {
    Verdict.GREEN: (N_("goes on unchanged"), "good", "circle-check"),
    Verdict.AMBER: (N_("goes on, with changes"), "warning", "alert-triangle"),
    Verdict.RED: (N_("needs a decision"), "danger", "alert-circle"),
}

DEAL_STATES = {
    MovedDealState.WAITING: (N_("waits for its turn"), "neutral"),
    MovedDealState.MOVED: (N_("moved"), "good"),
    MovedDealState.REFUSED: (N_("not moved"), "danger"),
    MovedDealState.CANCELLED: (N_("left where it was"), "neutral"),
    MovedDealState.UNDONE: (N_("taken back"), "accent"),
    MovedDealState.KEPT: (N_("could not be taken back"), "warning"),
}

MOVE_STATES = {
    VersionMoveState.RUNNING: (N_("at work"), "accent"),
    VersionMoveState.DONE: (N_("finished"), "good"),
    VersionMoveState.CANCELLED: (N_("stopped"), "neutral"),
    VersionMoveState.UNDOING: (N_("being taken back"), "accent"),
    VersionMoveState.UNDONE: (N_("taken back"), "neutral"),
}


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group of deals as its card tells it. ``lost`` are the places that a step has to be chosen for."""

    group: MoveGroup
    verdict: str
    tone: str
    icon: str
    places: str
    changes: tuple[str, ...]
    problems: tuple[str, ...]
    lost: tuple[Place, ...]


def group_lines(preview: MovePreview) -> tuple[GroupLine, ...]:
    names = {step.element_id: step.name for step in preview.targets}
    return tuple(_line(group, names) for group in preview.groups)


def _line(group: MoveGroup, names: Mapping[str, str]) -> GroupLine:
    verdict, tone, icon = VERDICTS[group.verdict]
    lost = {getattr(problem, "element_id", "") for problem in group.problems if problem.code in _PER_PLACE}
    only = lost and all(problem.code in _PER_PLACE for problem in group.problems)
    known = dict(names) | {place.element_id: place.name for place in group.places}
    return GroupLine(
        group=group,
        verdict=_(verdict),
        tone=tone,
        icon=icon,
        places=", ".join(_place(place) for place in group.places),
        changes=tuple(change_words(change, known) for change in group.changes),
        problems=tuple(dict.fromkeys(error_text(problem) for problem in group.problems)),
        lost=tuple(place for place in group.places if only and place.element_id in lost),
    )


_PER_PLACE = frozenset({"no_counterpart", "other_kind"})


def _place(place: Place) -> str:
    if place.is_join:
        if place.name == place.element_id:
            return _("a branch that waits for the others")
        return _("a finished branch before “%(name)s”", name=place.name)
    name = _("“%(name)s”", name=place.name)
    return name if place.count == 1 else f"{name} × {place.count}"


def change_words(change: Change, names: Mapping[str, str]) -> str:
    """A change as a sentence: “the step, what about it, before → now”."""
    name = names.get(change.element_id) or change.element_id
    template, tell = _TOLD[change.kind]
    if tell is None:
        return _(template, name=name)
    return _(template, name=name, before=tell(change.before), now=tell(change.now))


def _plain(value: Any) -> str:
    return str(value or "—")


def _rule(rule: Any) -> str:
    return _("none") if rule is None else rule_words(rule)


def _timer(rule: TimerRule | None) -> str:
    if rule is None:
        return _("none")
    return rule_words(rule.rule) if rule.rule is not None else str(rule.expression)


def people_words(names: Iterable[str]) -> str:
    """Departments and people as a map names them."""
    return ", ".join(_("the deal’s owner") if one == "=owner" else one for one in names) or "—"


def _fields(fields: Iterable[FieldDefinition]) -> str:
    return ", ".join(field.label for field in fields) or _("none")


def _buttons(outcomes: Iterable[Any]) -> str:
    return ", ".join(one.label or one.id for one in outcomes) or "—"


def _yes(value: Any) -> str:
    return _("yes") if value else _("no")


_TOLD: Mapping[ChangeKind, tuple[str, Any]] = {
    ChangeKind.NAME: (N_("The step “%(before)s” is now called “%(now)s”."), _plain),
    ChangeKind.STAGE: (N_("“%(name)s”: stage %(before)s → %(now)s"), _plain),
    ChangeKind.INSTRUCTION: (N_("“%(name)s” has another instruction."), None),
    ChangeKind.DEADLINE: (N_("“%(name)s”: deadline %(before)s → %(now)s"), _rule),
    ChangeKind.ESCALATION: (N_("“%(name)s” escalates in another way."), None),
    ChangeKind.RESPONSIBLE: (N_("“%(name)s”: responsible %(before)s → %(now)s"), people_words),
    ChangeKind.DISTRIBUTION: (
        N_("“%(name)s” is given out in another way: %(before)s → %(now)s"),
        distribution_sentence,
    ),
    ChangeKind.FIELDS: (N_("“%(name)s”: fields %(before)s → %(now)s. What was typed is kept."), _fields),
    ChangeKind.OUTCOMES: (N_("“%(name)s”: buttons %(before)s → %(now)s"), _buttons),
    ChangeKind.FOUR_EYES: (N_("“%(name)s”: four eyes %(before)s → %(now)s"), _yes),
    ChangeKind.ASKED_ANEW: (N_("“%(name)s” is asked anew, because others have to approve or decide."), None),
    ChangeKind.TIMER: (N_("The timer “%(name)s”: %(before)s → %(now)s"), _timer),
    ChangeKind.TIMER_BEGINS: (N_("The timer “%(name)s” begins at the moment of the move: %(now)s"), _timer),
    ChangeKind.EVENT_BEGINS: (N_("“%(name)s” begins to wait."), None),
    ChangeKind.EVENT_GONE: (N_("“%(name)s” waits no more."), None),
    ChangeKind.MESSAGE: (N_("“%(name)s” waits for another message."), None),
    ChangeKind.APPROVAL_PASSED: (
        N_("The approval “%(name)s” is passed over: nobody will be asked, and the approval sheet says so."),
        None,
    ),
    ChangeKind.NOT_ASKED: (N_("The new step “%(name)s” lies behind these deals: nobody will be asked."), None),
}


class _Stored(DomainError):
    """A refusal as it was kept with the deal: its template and what fills it."""

    def __init__(self, template: str, params: Mapping[str, Any]) -> None:
        super().__init__(**params)
        self.template = template  # type: ignore[misc]  # each stored refusal has a text of its own


def reason_words(reason: Mapping[str, Any] | None) -> str:
    """Why a deal was not moved, or not taken back."""
    if not reason:
        return ""
    params = dict(reason.get("params") or {})
    if "problem" in reason:
        params["problem"] = reason_words(reason["problem"])
    return error_text(_Stored(reason["template"], params))
