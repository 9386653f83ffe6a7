"""What a deal is waiting for, in one sentence, with the step that unblocks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.queries.deal_waiting import WaitingFor, WaitingKind
from webui.deadlines import said
from webui.formats import when
from webui.i18n import _, ngettext


@dataclass(frozen=True, slots=True)
class WaitingSentence:
    """``work_item_id`` is the step behind the button; ``may_act`` says whether the reader can do it now."""

    text: str
    tone: str
    work_item_id: int | None = None
    may_act: bool = False


def waiting_sentence(waiting: Sequence[WaitingFor]) -> WaitingSentence | None:
    """The sentence about the most urgent thing, the reader's own steps first; None when nothing is awaited."""
    if not waiting:
        return None
    own = [one for one in waiting if one.may_act]
    first = own[0] if own and waiting[0].kind is not WaitingKind.INCIDENT else waiting[0]
    others = sum(one.kind is WaitingKind.STEP for one in waiting) - (first.kind is WaitingKind.STEP)
    text = _about(first)
    if others > 0 and first.kind is WaitingKind.STEP:
        text += " " + ngettext("One more step is open.", "%(num)s more steps are open.", others)
    tone = "danger" if first.overdue or first.kind is WaitingKind.INCIDENT else "accent"
    return WaitingSentence(text, tone, first.work_item_id, first.may_act)


def _about(one: WaitingFor) -> str:
    match one.kind:
        case WaitingKind.INCIDENT:
            return _("A step failed technically; an administrator has to look at it and try it again.")
        case WaitingKind.MESSAGE:
            return _("The deal waits for the message “%(name)s” from outside.", name=one.name)
        case WaitingKind.TIMER:
            return _("The deal waits until %(at)s: “%(name)s”.", at=when(one.due_at), name=one.name)
        case WaitingKind.STEP:
            return _step(one)


def _step(one: WaitingFor) -> str:
    deadline = said(one.due_at)
    if one.may_act:
        if deadline is None:
            return _("The deal waits for you: “%(name)s”.", name=one.name)
        return _("The deal waits for you: “%(name)s”, %(deadline)s.", name=one.name, deadline=deadline.words)
    if deadline is None:
        return _("The deal waits for “%(name)s” by %(who)s.", name=one.name, who=one.who or _("nobody yet"))
    return _(
        "The deal waits for “%(name)s” by %(who)s, %(deadline)s.",
        name=one.name,
        who=one.who or _("nobody yet"),
        deadline=deadline.words,
    )
