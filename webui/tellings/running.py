"""How the events of the engine and of its calls are told."""

from __future__ import annotations

from collections.abc import Mapping

from webui.call_words import target_words
from webui.formats import day_and_time
from webui.i18n import _
from webui.tellings.words import Data, Telling, moment


def _incident_resolved(data: Data) -> str:
    name = data.get("element") or "?"
    if data.get("is_under_way"):
        return _("What failed at “%(name)s” is tried again", name=name)
    return _("Technical failure at “%(name)s” resolved", name=name)


def _decision_made(data: Data) -> str:
    """The rules behind a decision are named by their numbers in the table, as its page shows them."""
    rules = ", ".join(str(rule) for rule in data.get("rules") or ())
    if not rules:
        return _("Decided by the table “%(table)s”: no rule matched", table=data["table"])
    return _("Decided by the table “%(table)s”, rule %(rules)s", table=data["table"], rules=rules)


def _call_opened(data: Data) -> str:
    if data.get("target"):
        return _("Call “%(name)s”: %(target)s", name=data["name"], target=target_words(data["target"]))
    return _("Call “%(name)s”", name=data["name"])


def _call_completed(data: Data) -> str:
    if data.get("error"):
        return _("“%(name)s” was answered with the error “%(error)s”", name=data["name"], error=data["error"])
    return _("“%(name)s” was answered", name=data["name"])


def _call_failed(data: Data) -> str:
    retry_at = moment(data.get("retry_at"))
    if retry_at is None:
        return _("Call “%(name)s” failed and is not made again by itself", name=data["name"])
    return _("Call “%(name)s” failed; the next try: %(at)s", name=data["name"], at=day_and_time(retry_at))


TELLINGS: Mapping[str, Telling] = {
    "timer_fired": Telling("clock", "neutral", lambda data: _("Time came: “%(name)s”", name=data["name"])),
    "message_received": Telling("mail", "neutral", lambda data: _("Message “%(name)s” received", name=data["name"])),
    "signal_received": Telling("bell", "neutral", lambda data: _("Signal “%(name)s” received", name=data["name"])),
    "call_opened": Telling("send", "neutral", _call_opened),
    "call_completed": Telling("check", "good", _call_completed),
    "call_failed": Telling("alert-triangle", "warning", _call_failed, quote="error"),
    "call_hurried": Telling(
        "refresh", "neutral", lambda data: _("Call “%(name)s” is made again at once", name=data["name"])
    ),
    "call_cancelled": Telling("x", "neutral", lambda data: _("Call “%(name)s” is no longer needed", name=data["name"])),
    "call_host_allowed": Telling("link", "neutral", lambda data: _("Maps may call %(host)s", host=data["host"])),
    "call_host_forbidden": Telling(
        "link", "neutral", lambda data: _("Maps may call %(host)s no more", host=data["host"])
    ),
    "call_secret_set": Telling(
        "key", "neutral", lambda data: _("Secret “%(name)s” set for %(host)s", name=data["name"], host=data["host"])
    ),
    "call_secret_removed": Telling("key", "neutral", lambda data: _("Secret “%(name)s” removed", name=data["name"])),
    "event_thrown": Telling("send", "neutral", lambda data: _("Event “%(name)s” sent out", name=data["name"])),
    "decision_made": Telling("table", "accent", _decision_made),
    "incident_recorded": Telling(
        "alert-triangle", "danger", lambda data: _("Technical failure at “%(name)s”", name=data.get("element") or "?")
    ),
    "incident_resolved": Telling("check", "good", _incident_resolved, quote="reason"),
}
