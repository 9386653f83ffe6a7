"""How the events of steps are told."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.compiled import StepKind
from webui.formats import day_and_time
from webui.i18n import _
from webui.outcomes import decided
from webui.tellings.words import Data, Telling, moment


def _opened(data: Data) -> str:
    who = data.get("assignee") or data.get("group")
    due_at = moment(data.get("due_at"))
    if who and due_at:
        return _(
            "Step “%(name)s” opened for %(who)s, due %(due)s", name=data["name"], who=who, due=day_and_time(due_at)
        )
    if who:
        return _("Step “%(name)s” opened for %(who)s", name=data["name"], who=who)
    return _("Step “%(name)s” opened for nobody", name=data["name"])


def _completed(data: Data) -> str:
    remarked = data.get("step_kind") == StepKind.APPROVAL.value and bool(data.get("comment"))
    word = decided(data.get("outcome"), label=str(data.get("outcome_label") or ""), with_remarks=remarked)
    if data.get("on_behalf_of"):
        return _("%(decision)s: “%(name)s”, for %(who)s", decision=word, name=data["name"], who=data["on_behalf_of"])
    return _("%(decision)s: “%(name)s”", decision=word, name=data["name"])


def _kept(data: Data) -> str:
    return _(
        "“%(name)s” stands: %(who)s approved it %(when)s, and what was approved has not changed",
        name=data["name"],
        who=data["by"],
        when=day_and_time(moment(data["given_at"])),
    )


def _recalled(data: Data) -> str:
    return _(
        "Request taken back: %(steps)s. The deal is at “%(name)s” again",
        steps=", ".join(data["withdrawn"]),
        name=data["to"],
    )


def _cancelled(data: Data) -> str:
    if data.get("returned"):
        return _("Step “%(name)s” taken back: “%(step)s” was returned", name=data["name"], step=data["returned"])
    return _("Step “%(name)s” is no longer needed", name=data["name"])


def _extended(data: Data) -> str:
    return _("Deadline of “%(name)s” moved to %(due)s", name=data["name"], due=day_and_time(moment(data["due_at"])))


def _for(data: Data, done: str) -> str:
    """What was done, and for whom, where a substitute did it."""
    if not data.get("on_behalf_of"):
        return done
    return _("%(done)s, for %(who)s", done=done, who=data["on_behalf_of"])


TELLINGS: Mapping[str, Telling] = {
    "step_opened": Telling("player-play", "neutral", _opened),
    "step_claimed": Telling("hand-grab", "neutral", lambda data: _for(data, _("Took “%(name)s”", name=data["name"]))),
    "step_released": Telling(
        "arrow-back-up",
        "neutral",
        lambda data: _for(data, _("Gave “%(name)s” back to the department", name=data["name"])),
    ),
    "step_completed": Telling("circle-check", "good", _completed, quote="comment"),
    "approval_kept": Telling("checks", "good", _kept, quote="comment"),
    "approval_asked_again": Telling(
        "refresh",
        "warning",
        lambda data: _(
            "“%(name)s” is asked of %(who)s again: what they approved has changed", name=data["name"], who=data["by"]
        ),
    ),
    "approval_recalled": Telling("arrow-back-up", "warning", _recalled, quote="reason"),
    "step_cancelled": Telling("x", "neutral", _cancelled),
    "step_delegated": Telling(
        "user-check",
        "neutral",
        lambda data: _for(data, _("Handed “%(name)s” to %(to)s", name=data["name"], to=data["to"])),
        quote="comment",
    ),
    "step_handed_back": Telling(
        "arrow-back-up",
        "neutral",
        lambda data: _for(data, _("Handed “%(name)s” back to %(to)s", name=data["name"], to=data["to"])),
        quote="comment",
    ),
    "question_asked": Telling(
        "message-question",
        "accent",
        lambda data: _for(data, _("Asked %(to)s about “%(name)s”", name=data["name"], to=data["to"])),
        quote="question",
    ),
    "question_answered": Telling(
        "message",
        "accent",
        lambda data: _for(data, _("Answered %(to)s about “%(name)s”", name=data["name"], to=data["to"])),
        quote="answer",
    ),
    "question_withdrawn": Telling(
        "x",
        "neutral",
        lambda data: _("Withdrew the question to %(to)s about “%(name)s”", name=data["name"], to=data["to"]),
    ),
    "deadline_set": Telling(
        "calendar-due",
        "neutral",
        lambda data: _("“%(name)s” is due %(due)s now", name=data["name"], due=day_and_time(moment(data["due_at"]))),
    ),
    "deadline_taken_back": Telling(
        "calendar-due",
        "neutral",
        lambda data: _("“%(name)s” waits for the date again that its deadline counts from", name=data["name"]),
    ),
    "deadline_extended": Telling("calendar-due", "warning", _extended, quote="reason"),
    "reminder_sent": Telling(
        "bell", "warning", lambda data: _("%(to)s was reminded of “%(name)s”", to=data["to"], name=data["name"])
    ),
    "step_reminded": Telling(
        "bell", "warning", lambda data: _("Reminded %(to)s of “%(name)s”", to=data["to"], name=data["step"])
    ),
    "head_told": Telling(
        "alarm", "danger", lambda data: _("%(to)s was told that “%(name)s” is late", to=data["to"], name=data["name"])
    ),
    "step_reassigned": Telling(
        "user-check",
        "danger",
        lambda data: _("“%(name)s” was late and went to %(to)s", name=data["name"], to=data["to"]),
    ),
}
