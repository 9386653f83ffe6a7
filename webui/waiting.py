"""What a deal is waiting for, in one sentence for every state that it can be in, with what unblocks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.intervention import InterventionKind
from engine.queries.deal_waiting import DealWaiting, Standing, WaitingFor, WaitingKind
from webui.deadlines import said
from webui.formats import when
from webui.i18n import _, ngettext

_NAMED = 3  # of several things that a deal waits for; the rest are counted


@dataclass(frozen=True, slots=True)
class WaitingSentence:
    """``action`` is what the reader can do about it: step, incident, resume, reopen, or nothing.

    ``work_item_id`` and ``incident_id`` are what stands behind the button; ``may_act`` whether the reader can do the
    step now, ``marks`` that doing it is to say that something happened. ``undo`` is the number of the latest
    intervention, while it can be taken back.
    """

    text: str
    tone: str
    action: str = ""
    work_item_id: int | None = None
    incident_id: int | None = None
    may_act: bool = False
    marks: bool = False
    undo: int | None = None
    undo_kind: InterventionKind | None = None


def waiting_sentence(waiting: DealWaiting) -> WaitingSentence:
    """The sentence; what failed comes first, then the reader's own steps, then what is due first.

    Who cannot try again what failed is led to their own step, which is often where it is put right.
    """
    if waiting.standing is not Standing.RUNNING:
        return _resting(waiting)
    failed = [one for one in waiting.items if one.kind is WaitingKind.INCIDENT]
    own = [one for one in waiting.items if one.may_act and one.kind is not WaitingKind.INCIDENT]
    first = next(iter((*failed, *own, *waiting.items)), None)
    if not failed and any(one.kind is WaitingKind.NOTHING for one in waiting.items):
        return _standing_still(waiting.items)
    if first is None:
        return WaitingSentence(_("The deal waits for nothing: tell the administrator."), "danger")
    text = _about_failures(failed) if failed else _about(waiting.items, own)
    if failed and not first.may_act:
        text += " " + _("The administrators have been told.")
    if failed and not first.may_act and own:
        filled_in = {one.typed_in for one in failed}
        first = next((one for one in own if one.work_item_id in filled_in), own[0])
        if first.work_item_id in filled_in:
            text += " " + _("Your step is open: correct what you filled in, or wait.")
        else:
            text += " " + _("Your step is open meanwhile: it can be done.")
    undo = waiting.moved
    if undo is not None and undo.kind is InterventionKind.MOVED:
        text += " " + _("It was moved here by %(who)s, %(at)s.", who=undo.by_name or _("Reglament"), at=when(undo.at))
    late = any(one.overdue for one in waiting.items)
    return WaitingSentence(
        text,
        "danger" if failed or late else "accent",
        action="incident" if first.incident_id and first.may_act else "step" if first.work_item_id else "",
        work_item_id=first.work_item_id,
        incident_id=first.incident_id,
        may_act=first.may_act,
        marks=first.happens_outside,
        undo=undo.id if undo is not None else None,
        undo_kind=undo.kind if undo is not None else None,
    )


def _resting(waiting: DealWaiting) -> WaitingSentence:
    at = when(waiting.since) if waiting.since else ""
    reason = waiting.reason
    match waiting.standing:
        case Standing.SUSPENDED:
            text = _("The deal is suspended since %(at)s: %(reason)s", at=at, reason=reason)
            if waiting.by_name:
                text = _(
                    "The deal is suspended by %(who)s since %(at)s: %(reason)s",
                    who=waiting.by_name,
                    at=at,
                    reason=reason,
                )
            return WaitingSentence(text, "warning", "resume" if waiting.may_change else "")
        case Standing.CANCELLED:
            text = _("The deal was cancelled on %(at)s and waits for nothing: %(reason)s", at=at, reason=reason)
            return WaitingSentence(text, "neutral", "reopen" if waiting.may_change else "")
        case Standing.WON:
            return WaitingSentence(_("The deal was won on %(at)s and waits for nothing.", at=at), "good")
        case Standing.LOST if reason:
            text = _("The deal was lost on %(at)s and waits for nothing: %(reason)s", at=at, reason=reason)
            return WaitingSentence(text, "neutral")
        case Standing.LOST:
            return WaitingSentence(_("The deal was lost on %(at)s and waits for nothing.", at=at), "neutral")
        case _:
            return WaitingSentence(_("The deal's map has not begun yet."), "neutral")


def _standing_still(items: Sequence[WaitingFor]) -> WaitingSentence:
    """What may still happen beside the work is not told: the deal waits for none of it."""
    name = next(one.name for one in items if one.kind is WaitingKind.NOTHING)
    text = _(
        "The deal stands still: at “%(name)s” it waits for something that cannot come. An administrator has to move "
        "it.",
        name=name,
    )
    return WaitingSentence(text, "danger")


def _about_failures(failed: Sequence[WaitingFor]) -> str:
    if len(failed) == 1 and failed[0].in_vain:
        return _(
            "The deal would stand still: at “%(name)s” it would wait for something that cannot come. An administrator "
            "has to move it.",
            name=failed[0].place,
        )
    if len(failed) == 1:
        return _(
            "“%(name)s” failed technically: an administrator has to look at it and try it again.",
            name=failed[0].place or _("the start"),
        )
    return ngettext(
        "%(num)s step failed technically: an administrator has to look at it and try it again.",
        "%(num)s steps failed technically: an administrator has to look at them and try them again.",
        len(failed),
    )


def _about(items: Sequence[WaitingFor], own: Sequence[WaitingFor]) -> str:
    if len({one.race for one in items}) == 1 and items[0].race and len(items) > 1:
        return _(
            "The deal waits for whichever comes first: %(events)s.", events=_listed([_phrase(one) for one in items])
        )
    one = items[0]
    if len(items) == 1:
        return _single(one)
    approval = {(each.name, each.given, each.asked) for each in items}
    if len(approval) == 1 and one.asked > 1:
        return _approval(one, [each.who for each in items])
    ordered = [*own, *(each for each in items if each not in own)]
    return ngettext(
        "The deal waits for %(num)s thing: %(list)s.",
        "The deal waits for %(num)s things: %(list)s.",
        len(items),
        list=_listed([_phrase(each) for each in ordered]),
    )


def _single(one: WaitingFor) -> str:  # noqa: PLR0911  # one sentence per kind
    match one.kind:
        case WaitingKind.STEP:
            return _step(one)
        case WaitingKind.MESSAGE:
            return _("The deal waits for the message “%(name)s” from outside.", name=one.name)
        case WaitingKind.SIGNAL:
            return _("The deal waits for the signal “%(name)s” from another deal.", name=one.name)
        case WaitingKind.TIMER if one.name:
            return _("The deal waits until %(at)s: “%(name)s”.", at=when(one.due_at), name=one.name)
        case WaitingKind.TIMER:
            return _("The deal waits until %(at)s.", at=when(one.due_at))
        case WaitingKind.CONDITION:
            return _("The deal waits until its data fulfil the condition “%(name)s”.", name=one.name)
        case _ if one.due_at is not None:
            return _(
                "The deal waits for the answer of another system: “%(name)s”. It did not come; the next try: %(at)s.",
                name=one.name,
                at=when(one.due_at),
            )
        case _:
            return _("The deal waits for the answer of another system: “%(name)s”.", name=one.name)


def _approval(one: WaitingFor, still_asked: Sequence[str]) -> str:
    deadline = said(one.due_at)
    counted = {"given": one.given, "asked": one.asked, "who": _listed([who or _("nobody yet") for who in still_asked])}
    if one.enough:
        enough = ngettext("%(num)s approval is enough", "%(num)s approvals are enough", one.enough)
        return _(
            "The deal waits for “%(name)s” (%(details)s): %(given)s of %(asked)s have decided, still asked: %(who)s.",
            name=one.name,
            details=", ".join(filter(None, [deadline.words if deadline else "", enough])),
            **counted,
        )
    if deadline is None:
        return _(
            "The deal waits for “%(name)s”: %(given)s of %(asked)s have decided, still asked: %(who)s.",
            name=one.name,
            **counted,
        )
    return _(
        "The deal waits for “%(name)s”, %(deadline)s: %(given)s of %(asked)s have decided, still asked: %(who)s.",
        name=one.name,
        deadline=deadline.words,
        **counted,
    )


def _happening(one: WaitingFor) -> str:
    """What happens outside, and of which a person only says that it has."""
    events = [_("“%(name)s”", name=way) for way in one.ways]
    if one.until is not None:
        events.append(_("the time %(at)s", at=when(one.until)))
    if len(events) > 1:
        return _("The deal waits for whichever comes first: %(events)s.", events="; ".join(events))
    deadline = said(one.due_at)
    by = _("you mark it") if one.may_act else _("marked by %(who)s", who=one.who or _("nobody yet"))
    details = ", ".join(filter(None, [by, deadline.words if deadline else ""]))
    return _("The deal waits until “%(name)s” happens (%(details)s).", name=one.name, details=details)


def _step(one: WaitingFor) -> str:
    if one.happens_outside:
        return _happening(one)
    deadline = said(one.due_at)
    if one.may_act:
        return _step_of_reader(one, deadline.words if deadline else "")
    if one.asked > 1:
        return _approval(one, [one.who])
    if deadline is None:
        return _("The deal waits for “%(name)s” by %(who)s.", name=one.name, who=one.who or _("nobody yet"))
    return _(
        "The deal waits for “%(name)s” by %(who)s, %(deadline)s.",
        name=one.name,
        who=one.who or _("nobody yet"),
        deadline=deadline.words,
    )


def _step_of_reader(one: WaitingFor, deadline: str) -> str:
    if one.acts_for and deadline:
        return _(
            "The deal waits for you (you stand in for %(who)s): “%(name)s”, %(deadline)s.",
            who=one.acts_for,
            name=one.name,
            deadline=deadline,
        )
    if one.acts_for:
        return _("The deal waits for you (you stand in for %(who)s): “%(name)s”.", who=one.acts_for, name=one.name)
    if deadline:
        return _("The deal waits for you: “%(name)s”, %(deadline)s.", name=one.name, deadline=deadline)
    return _("The deal waits for you: “%(name)s”.", name=one.name)


def _phrase(one: WaitingFor) -> str:  # noqa: PLR0911  # one phrase per kind
    """One of several things, as short as it can be told."""
    match one.kind:
        case WaitingKind.STEP:
            deadline = said(one.due_at)
            details = [_("you") if one.may_act else one.who or _("nobody yet"), deadline.words if deadline else ""]
            return _("“%(name)s” (%(details)s)", name=one.name, details=", ".join(filter(None, details)))
        case WaitingKind.MESSAGE:
            return _("the message “%(name)s”", name=one.name)
        case WaitingKind.SIGNAL:
            return _("the signal “%(name)s”", name=one.name)
        case WaitingKind.TIMER if one.name:
            return _("the time %(at)s (“%(name)s”)", at=when(one.due_at), name=one.name)
        case WaitingKind.TIMER:
            return _("the time %(at)s", at=when(one.due_at))
        case WaitingKind.CONDITION:
            return _("the condition “%(name)s”", name=one.name)
        case _:
            return _("the answer of another system: “%(name)s”", name=one.name)


def _listed(phrases: Sequence[str]) -> str:
    """The first of them; what would be said twice, as of several tokens at one step, is said once with its number."""
    counted = Counter(phrases)
    named = list(counted)[:_NAMED]
    shown = "; ".join(one if counted[one] == 1 else f"{one} × {counted[one]}" for one in named)
    rest = len(phrases) - sum(counted[one] for one in named)
    if rest <= 0:
        return shown
    return shown + "; " + ngettext("and %(num)s more", "and %(num)s more", rest)
