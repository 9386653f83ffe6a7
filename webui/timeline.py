"""History as sentences that a person would say, one for every kind of event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import N_
from engine.queries.deal_history import HistoryRow
from engine.queries.decided_fields import decided_fields
from engine.queries.directories import directory
from engine.queries.processes import process_of
from webui.formats import day, money, number, when
from webui.i18n import _, ngettext
from webui.outcomes import decided, tone_of
from webui.request_context import reading

Data = Mapping[str, Any]
Fields = Mapping[str, FieldDefinition]

_TEXTS = frozenset({FieldType.TEXT, FieldType.LONG_TEXT, FieldType.PHONE, FieldType.EMAIL})


@dataclass(frozen=True, slots=True)
class Entry:
    """``text`` is the sentence; ``quote`` what somebody wrote; ``details`` pairs of label and value."""

    row: HistoryRow
    icon: str
    tone: str
    text: str
    quote: str = ""
    details: tuple[tuple[str, str], ...] = ()

    @property
    def who(self) -> str:
        """Who did it; the machinery acts under the product's own name."""
        return self.row.actor_name or _("Reglament")


@dataclass(frozen=True, slots=True)
class Telling:
    """How a kind of event is told: its icon, its colour, and the sentence made of its data."""

    icon: str
    tone: str
    sentence: Callable[[Data], str]
    quote: str = ""


KINDS_BY_FILTER = {
    "steps": (
        "step_opened",
        "step_claimed",
        "step_released",
        "step_completed",
        "step_cancelled",
        "step_delegated",
        "deadline_extended",
        "decision_made",
        "call_opened",
        "call_completed",
        "call_failed",
        "call_cancelled",
    ),
    "comments": ("commented",),
    "lateness": ("reminder_sent", "head_told", "step_reassigned", "timer_fired", "deadline_extended"),
    "changes": (
        "deal_opened",
        "opened_by_step",
        "deal_changed",
        "stage_changed",
        "deal_won",
        "deal_lost",
        "deal_cancelled",
        "deal_version_moved",
        "version_move_undone",
        "deal_reopened",
        "deal_moved",
        "move_undone",
        "deal_suspended",
        "deal_resumed",
        "variables_set",
    ),
}
FILTERS = (
    ("", N_("Everything")),
    ("steps", N_("Steps")),
    ("comments", N_("Comments")),
    ("lateness", N_("Lateness")),
    ("changes", N_("Changes")),
)


def entries(rows: Iterable[HistoryRow], fields: Fields = MappingProxyType({})) -> tuple[Entry, ...]:
    """The events as sentences; ``fields`` names and types the values that steps asked for."""
    return tuple(entry(row, fields) for row in rows)


def entry(row: HistoryRow, fields: Fields = MappingProxyType({})) -> Entry:
    """The event as a sentence. A kind that is not known here, from a newer version, is told by its name."""
    data = row.data
    telling = _TELLINGS.get(row.kind)
    if telling is None:
        return Entry(row, "info-circle", "neutral", row.kind.replace("_", " "))
    tone = tone_of(data.get("outcome")) if row.kind == "step_completed" else telling.tone
    return Entry(
        row,
        telling.icon,
        tone,
        telling.sentence(data),
        quote=_quoted(row.kind, data, telling.quote),
        details=_details(row.kind, data, fields),
    )


def _quoted(kind: str, data: Data, name: str) -> str:
    """What somebody said; why a call failed is often in the product's own words, which are translated."""
    said = str(data.get(name) or "") if name else ""
    return _(said) if said and kind == "call_failed" else said


def fields_of(session: Session, definition_id: int | None) -> Fields:
    """The fields of a map's steps by the names under which their values are kept.

    Where one step asks for a value and another only shows it, the one that asks knows its type and choices; a table
    that gives a value knows more of it than a step that shows it.
    """
    if definition_id is None:
        return {}
    process = process_of(session, definition_id)
    fields = [field for step in process.steps.values() for field in step.fields]
    shown = [field for field in fields if field.type is FieldType.READ_ONLY]
    asked = [field for field in fields if field.type is not FieldType.READ_ONLY]
    return {field.name: field for field in (*shown, *decided_fields(process).values(), *asked)}


_WITH_CHANGES = frozenset(
    {
        "deal_changed",
        "variables_set",
        "client_changed",
        "person_changed",
        "department_changed",
        "calendar_changed",
    }
)


def _details(kind: str, data: Data, fields: Fields) -> tuple[tuple[str, str], ...]:
    if kind == "step_completed":
        values = dict(data.get("values") or {})
        return tuple(_given(name, value, fields) for name, value in values.items() if value not in (None, "", []))
    if kind in _WITH_CHANGES:
        return tuple(_change(name, change) for name, change in dict(data.get("changes") or {}).items())
    if kind == "decision_made":
        return tuple(_decided_values(data, fields))
    if kind in ("message_received", "call_completed"):
        return tuple((name, readable(value)) for name, value in dict(data.get("values") or {}).items())
    return ()


def _decided_values(data: Data, fields: Fields) -> Iterator[tuple[str, str]]:
    """What the columns held, what the decisions needed for it gave, what was kept."""
    yield from ((str(label), readable(value)) for label, value in dict(data.get("inputs") or {}).items())
    for table, (rules, outputs) in dict(data.get("needed") or {}).items():
        numbers = ", ".join(str(rule) for rule in rules) or "—"
        given = dict(outputs or {})
        alone = next(iter(given.values())) if len(given) == 1 else given  # then its name adds nothing
        yield _("By the table “%(table)s”, rule %(rules)s", table=table, rules=numbers), readable(alone)
    for name, value in dict(data.get("outputs") or {}).items():
        label, written = _given(name, value, fields)
        yield f"→ {label}", written


def _given(name: str, value: Any, fields: Fields) -> tuple[str, str]:
    field = fields.get(name)
    if field is None:
        return name, readable(value)
    if field.type is FieldType.PERSON and isinstance(value, int):
        return field.label, _person_name(value) or str(value)
    label_of = {choice.value: choice.label for choice in field.choices}
    if isinstance(value, str) and value in label_of:
        return field.label, label_of[value]
    return field.label, value if field.type in _TEXTS and isinstance(value, str) else readable(value)


def _change(name: str, change: Any) -> tuple[str, str]:
    label = _(_FIELD_NAMES[name]) if name in _FIELD_NAMES else name
    if name == "owner_id" and isinstance(change, list):
        change = [_person_name(one) for one in change]
    if isinstance(change, list) and len(change) == 2:  # noqa: PLR2004  # old and new
        return label, f"{readable(change[0])} → {readable(change[1])}"
    return label, readable(change)


def _person_name(person_id: Any) -> str | None:
    with reading() as session:
        return next((one.full_name for one in directory(session).people if one.id == person_id), None)


def readable(value: Any) -> str:
    """A value from an event's data as people read it."""
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(readable(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {readable(one)}" for name, one in value.items())
    return _readable_text(str(value))


def _readable_text(text: str) -> str:
    """Numbers and dates inside texts get the reader's spelling, everything else stays."""
    if text[:4].isdecimal() and text[4:5] == "-":
        try:
            return day(date.fromisoformat(text)) if len(text) == len("2026-12-31") else when(_moment(text))
        except ValueError:
            return text
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return text
    is_code = text.startswith(("0", "+")) and len(text) > 1 and not text.startswith("0.")
    return text if is_code or not exact.is_finite() else number(exact)


def _moment(text: Any) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else None


def _opened(data: Data) -> str:
    who = data.get("assignee") or data.get("group")
    due_at = _moment(data.get("due_at"))
    if who and due_at:
        return _("Step “%(name)s” opened for %(who)s, due %(due)s", name=data["name"], who=who, due=when(due_at))
    if who:
        return _("Step “%(name)s” opened for %(who)s", name=data["name"], who=who)
    return _("Step “%(name)s” opened for nobody", name=data["name"])


def _version_moved(data: Data) -> str:
    chosen = "; ".join(
        _("“%(old)s” → “%(new)s”", old=old, new=new) if new else _("“%(old)s” withdrawn", old=old)
        for old, new in dict(data.get("chosen") or {}).items()
    )
    moved = _(
        "Moved from version %(old)s of the map to version %(new)s", old=data["from_version"], new=data["to_version"]
    )
    text = f"{moved} ({chosen})" if chosen else moved
    if data.get("passed_over"):
        text += ". " + _("Passed over without being given: %(approvals)s", approvals=", ".join(data["passed_over"]))
    return text


def _completed(data: Data) -> str:
    word = decided(data.get("outcome"), label=str(data.get("outcome_label") or ""))
    if data.get("on_behalf_of"):
        return _("%(decision)s: “%(name)s”, for %(who)s", decision=word, name=data["name"], who=data["on_behalf_of"])
    return _("%(decision)s: “%(name)s”", decision=word, name=data["name"])


def _deal_opened(data: Data) -> str:
    amount = data.get("amount")
    if amount is None:
        return _("Deal opened for %(client)s", client=data["client"])
    written = money(Decimal(str(amount)), str(data["currency"]))
    return _("Deal opened for %(client)s, %(amount)s", client=data["client"], amount=written)


def _stage_changed(data: Data) -> str:
    if not data.get("previous"):
        return _("Stage: %(stage)s", stage=data["stage"])
    return _("Stage: %(previous)s → %(stage)s", previous=data["previous"], stage=data["stage"])


def _extended(data: Data) -> str:
    return _("Deadline of “%(name)s” moved to %(due)s", name=data["name"], due=when(_moment(data["due_at"])))


def _decision_made(data: Data) -> str:
    """The rules behind a decision are named by their numbers in the table, as its page shows them."""
    rules = ", ".join(str(rule) for rule in data.get("rules") or ())
    if not rules:
        return _("Decided by the table “%(table)s”: no rule matched", table=data["table"])
    return _("Decided by the table “%(table)s”, rule %(rules)s", table=data["table"], rules=rules)


def _lost(data: Data) -> str:
    return _("Deal lost: %(reason)s", reason=data["reason"]) if data.get("reason") else _("Deal lost")


def _moved(data: Data) -> str:
    back = bool(data.get("goes_back"))
    text = (_("Sent back to “%(name)s”") if back else _("Moved to “%(name)s”")) % {"name": data["to"]}
    if data.get("left"):
        text += ". " + _("Withdrawn: %(steps)s", steps=", ".join(data["left"]))
    if data.get("passed_over"):
        text += ". " + _("Passed over without being given: %(approvals)s", approvals=", ".join(data["passed_over"]))
    return text


def _resumed(data: Data) -> str:
    since = when(_moment(data["suspended_at"]))
    if data.get("deadlines") == "keep":
        return _("Deal resumed; it rested since %(since)s, deadlines stand as they stood", since=since)
    return _("Deal resumed; it rested since %(since)s, deadlines moved by the pause", since=since)


def _call_opened(data: Data) -> str:
    if data.get("target"):
        return _("Call “%(name)s”: %(target)s", name=data["name"], target=data["target"])
    return _("Call “%(name)s”", name=data["name"])


def _call_completed(data: Data) -> str:
    if data.get("error"):
        return _("“%(name)s” was answered with the error “%(error)s”", name=data["name"], error=data["error"])
    return _("“%(name)s” was answered", name=data["name"])


def _call_failed(data: Data) -> str:
    retry_at = _moment(data.get("retry_at"))
    if retry_at is None:
        return _("Call “%(name)s” failed and is not made again by itself", name=data["name"])
    return _("Call “%(name)s” failed; it is made again %(at)s", name=data["name"], at=when(retry_at))


def _variables_set(data: Data) -> str:
    return _("Values given back as they were") if data.get("undoes") else _("Values set by the administrator")


def _rules_changed(data: Data) -> str:
    return ngettext(
        "The rules of the map “%(key)s” were changed: it has %(num)s rule now",
        "The rules of the map “%(key)s” were changed: it has %(num)s rules now",
        len(data["rules"]),
        key=data["key"],
    )


def _published(data: Data) -> str:
    told = _("Version %(version)s of “%(key)s” published", **_key_version(data))
    if data.get("note"):
        told = f"{told}: {data['note']}"
    if not data.get("called_key"):
        return told
    called = _("with version %(version)s of “%(key)s”", key=data["called_key"], version=data["called_version"])
    return f"{told} {called}"


def _amended(data: Data) -> str:
    if data.get("based_on") is None:
        return _("Version %(version)s of “%(key)s” edited", **_key_version(data))
    return _(
        "Version %(version)s of “%(key)s” made from version %(based_on)s, edited",
        based_on=data["based_on"],
        **_key_version(data),
    )


_TELLINGS: Mapping[str, Telling] = {
    "deal_opened": Telling("briefcase", "accent", _deal_opened),
    "deal_changed": Telling("edit", "neutral", lambda _data: _("Deal changed")),
    "stage_changed": Telling("route", "accent", _stage_changed),
    "deal_won": Telling("trophy", "good", lambda _data: _("Deal won")),
    "deal_lost": Telling("circle-x", "danger", _lost),
    "deal_cancelled": Telling("x", "neutral", lambda _data: _("Deal cancelled"), quote="reason"),
    "deal_reopened": Telling("refresh", "accent", lambda _data: _("Deal opened again"), quote="reason"),
    "deal_moved": Telling("route", "warning", _moved, quote="reason"),
    "move_undone": Telling(
        "arrow-back-up", "neutral", lambda data: _("The move to “%(name)s” was taken back", name=data["to"])
    ),
    "deal_suspended": Telling("hourglass", "warning", lambda _data: _("Deal suspended"), quote="reason"),
    "deal_resumed": Telling("player-play", "accent", _resumed),
    "variables_set": Telling("edit", "warning", _variables_set, quote="reason"),
    "commented": Telling(
        "message",
        "neutral",
        lambda data: _("Comment on “%(name)s”", name=data["step"]) if data.get("step") else _("Comment"),
        quote="text",
    ),
    "step_opened": Telling("player-play", "neutral", _opened),
    "step_claimed": Telling("hand-grab", "neutral", lambda data: _("Took “%(name)s”", name=data["name"])),
    "step_released": Telling(
        "arrow-back-up", "neutral", lambda data: _("Gave “%(name)s” back to the department", name=data["name"])
    ),
    "step_completed": Telling("circle-check", "good", _completed, quote="comment"),
    "step_cancelled": Telling("x", "neutral", lambda data: _("Step “%(name)s” is no longer needed", name=data["name"])),
    "step_delegated": Telling(
        "user-check",
        "neutral",
        lambda data: _("Handed “%(name)s” to %(to)s", name=data["name"], to=data["to"]),
        quote="comment",
    ),
    "deadline_extended": Telling("calendar-due", "warning", _extended, quote="reason"),
    "reminder_sent": Telling(
        "bell", "warning", lambda data: _("%(to)s was reminded of “%(name)s”", to=data["to"], name=data["name"])
    ),
    "head_told": Telling(
        "alarm", "danger", lambda data: _("%(to)s was told that “%(name)s” is late", to=data["to"], name=data["name"])
    ),
    "step_reassigned": Telling(
        "user-check",
        "danger",
        lambda data: _("“%(name)s” was late and went to %(to)s", name=data["name"], to=data["to"]),
    ),
    "timer_fired": Telling("clock", "neutral", lambda data: _("Time came: “%(name)s”", name=data["name"])),
    "message_received": Telling("mail", "neutral", lambda data: _("Message “%(name)s” received", name=data["name"])),
    "signal_received": Telling("bell", "neutral", lambda data: _("Signal “%(name)s” received", name=data["name"])),
    "call_opened": Telling("send", "neutral", _call_opened),
    "call_completed": Telling("check", "good", _call_completed),
    "call_failed": Telling("alert-triangle", "warning", _call_failed, quote="error"),
    "call_cancelled": Telling("x", "neutral", lambda data: _("Call “%(name)s” is no longer needed", name=data["name"])),
    "opened_by_step": Telling(
        "briefcase",
        "accent",
        lambda data: _("Opened by the step “%(name)s” of deal %(deal)s", name=data["name"], deal=data["deal_number"]),
    ),
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
    "incident_resolved": Telling(
        "check",
        "good",
        lambda data: _("Technical failure at “%(name)s” resolved", name=data.get("element") or "?"),
        quote="reason",
    ),
    "definition_deployed": Telling(
        "upload", "neutral", lambda data: _("Map “%(key)s” uploaded as version %(version)s", **_key_version(data))
    ),
    "definition_amended": Telling("edit", "neutral", _amended),
    "definition_published": Telling("circle-check", "good", _published),
    "definition_retired": Telling(
        "x", "neutral", lambda data: _("Version %(version)s of “%(key)s” retired", **_key_version(data))
    ),
    "map_rules_changed": Telling("list-check", "neutral", _rules_changed),
    "deal_version_moved": Telling("route", "accent", _version_moved),
    "version_move_undone": Telling(
        "route", "neutral", lambda data: _("Taken back to version %(version)s of the map", version=data["to_version"])
    ),
    "version_move_started": Telling(
        "route",
        "accent",
        lambda data: _("Running deals are moved to version %(version)s of “%(key)s”", **_key_version(data)),
    ),
    "version_move_cancelled": Telling(
        "x", "neutral", lambda data: _("Moving to version %(version)s of “%(key)s” stopped", **_key_version(data))
    ),
    "version_move_taken_back": Telling(
        "route",
        "neutral",
        lambda data: _("Moving to version %(version)s of “%(key)s” is taken back", **_key_version(data)),
    ),
    "client_added": Telling("building", "accent", lambda data: _("Client “%(name)s” added", name=data["name"])),
    "client_changed": Telling("edit", "neutral", lambda _data: _("Client changed")),
    "contact_added": Telling("user-plus", "neutral", lambda _data: _("Contact added")),
    "person_added": Telling("user-plus", "neutral", lambda data: _("Person “%(name)s” added", name=data["login"])),
    "person_changed": Telling("edit", "neutral", lambda _data: _("Person changed")),
    "password_set": Telling("key", "neutral", lambda _data: _("Password set")),
    "substitution_set": Telling(
        "users",
        "neutral",
        lambda data: _(
            "Substitution from %(since)s to %(until)s",
            since=readable(data["starts_on"]),
            until=readable(data["ends_on"]),
        ),
    ),
    "substitution_ended": Telling("users", "neutral", lambda _data: _("Substitution ended")),
    "department_added": Telling(
        "users-group", "neutral", lambda data: _("Department “%(name)s” added", name=data["name"])
    ),
    "department_changed": Telling("edit", "neutral", lambda _data: _("Department changed")),
    "calendar_changed": Telling("calendar", "neutral", lambda _data: _("Working calendar changed")),
    "token_created": Telling("key", "neutral", lambda data: _("Token “%(name)s” made", name=data["name"])),
    "token_revoked": Telling("key", "neutral", lambda _data: _("Token revoked")),
    "webhook_added": Telling("link", "neutral", lambda data: _("Webhook to %(url)s added", url=data["url"])),
    "webhook_removed": Telling("link", "neutral", lambda _data: _("Webhook removed")),
}

_FIELD_NAMES = {
    "title": N_("Title"),
    "amount": N_("Amount"),
    "currency": N_("Currency"),
    "close_date": N_("Close date"),
    "owner_id": N_("Owner"),
    "loss_reason": N_("Reason of loss"),
    "name": N_("Name"),
    "edrpou": N_("EDRPOU"),
    "segment": N_("Segment"),
    "source": N_("Source"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "role": N_("Role"),
    "full_name": N_("Full name"),
    "position": N_("Position"),
    "departments": N_("Departments"),
    "is_active": N_("Active"),
    "locale": N_("Language"),
    "theme": N_("Theme"),
}


def _key_version(data: Data) -> dict[str, Any]:
    return {"key": data["key"], "version": data["version"]}


def told_kinds() -> frozenset[str]:
    """Every kind of event that has a sentence."""
    return frozenset(_TELLINGS)


def kinds_of(chosen: str) -> tuple[str, ...] | None:
    """The kinds behind a filter of the timeline; None, everything, for a filter that does not exist."""
    return KINDS_BY_FILTER.get(chosen)
