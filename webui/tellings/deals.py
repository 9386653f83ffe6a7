"""How the events of deals and clients are told."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from webui.formats import day_and_time, money
from webui.i18n import _, ngettext
from webui.tellings.words import Data, Telling, moment


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
    since = day_and_time(moment(data["suspended_at"]))
    if data.get("deadlines") == "keep":
        return _("Deal resumed; it rested since %(since)s, deadlines stand as they stood", since=since)
    return _("Deal resumed; it rested since %(since)s, deadlines moved by the pause", since=since)


def _variables_set(data: Data) -> str:
    return _("Values given back as they were") if data.get("undoes") else _("Values set by the administrator")


def _file_added(data: Data) -> str:
    if data.get("at_step"):
        return _(
            "File “%(name)s”, version %(version)s, at “%(step)s”",
            name=data["name"],
            version=data["version"],
            step=data["at_step"],
        )
    return _("File “%(name)s”, version %(version)s", name=data["name"], version=data["version"])


def _letter(about: str, data: Data) -> str:
    return f"{about % {'to': ', '.join(data['to'])}}: {data['subject']}"


def _letter_received(data: Data) -> str:
    sender = data["sender"] or "—"
    if data["is_automatic"]:
        text = _("Automatic answer from %(sender)s", sender=sender)
    elif data["is_known"]:
        text = _("Letter from %(sender)s", sender=sender)
    else:
        text = _("Letter from an unknown sender, %(sender)s", sender=sender)
    return f"{text}: {data['subject']}" if data["subject"] else text


def _contact_added(data: Data) -> str:
    name = data.get("name")
    return _("Contact added: %(name)s", name=name) if name else _("Contact added")


def _merged(data: Data) -> str:
    return _(
        "Another client was merged into this one; deals: %(deals)s, contacts: %(contacts)s, notes: %(notes)s",
        deals=data["deals"],
        contacts=data["contacts"],
        notes=data["notes"],
    )


def _client_replaced(data: Data) -> str:
    if data.get("undoes"):
        return _("A merge of clients was undone: the deal is the former client’s again")
    return _("Double clients were merged: the deal is the client’s who stayed")


def _approvals_spared(data: Data) -> str:
    steps = ", ".join(data["steps"])
    return _("With the client's new card the deal would have needed, and has passed by: %(steps)s", steps=steps)


def _import_started(data: Data) -> str:
    rows = int(data["rows"])
    if data["content"] == "notes":
        return ngettext("Import of %(num)s old note", "Import of %(num)s old notes", rows)
    if data["content"] == "deals":
        return ngettext("Import of %(num)s deal", "Import of %(num)s deals", rows)
    return ngettext("Import of clients: %(num)s row", "Import of clients: %(num)s rows", rows)


TELLINGS: Mapping[str, Telling] = {
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
    "client_letter_written": Telling("mail", "accent", lambda data: _letter(_("Letter to %(to)s"), data)),
    "client_letter_sent": Telling("send", "neutral", lambda data: _letter(_("Letter to %(to)s has left"), data)),
    "client_letter_held_back": Telling(
        "alert-triangle",
        "danger",
        lambda data: _letter(_("Letter to %(to)s has not left: a file that was to go with it was erased"), data),
    ),
    "client_letter_received": Telling("mail", "good", _letter_received),
    "client_letter_sent_again": Telling(
        "refresh", "neutral", lambda data: _letter(_("Letter to %(to)s sent again"), data)
    ),
    "client_letter_returned": Telling(
        "alert-triangle", "danger", lambda data: _letter(_("Letter to %(to)s did not arrive"), data), quote="error"
    ),
    "opened_by_step": Telling(
        "briefcase",
        "accent",
        lambda data: _("Opened by the step “%(name)s” of deal %(deal)s", name=data["name"], deal=data["deal_number"]),
    ),
    "file_added": Telling("file-text", "accent", _file_added),
    "file_hidden": Telling(
        "trash", "neutral", lambda data: _("File “%(name)s” removed from the list", name=data["name"])
    ),
    "file_shown": Telling("refresh", "neutral", lambda data: _("File “%(name)s” put back", name=data["name"])),
    "client_added": Telling("building", "accent", lambda data: _("Client “%(name)s” added", name=data["name"])),
    "client_changed": Telling("edit", "neutral", lambda _data: _("Client changed")),
    "contact_changed": Telling("edit", "neutral", lambda data: _("Contact changed: %(name)s", name=data["name"])),
    "contact_added": Telling("user-plus", "neutral", _contact_added),
    "clients_merged": Telling("git-compare", "accent", _merged),
    "clients_merge_undone": Telling(
        "arrow-back-up", "neutral", lambda _data: _("A merge was undone: a client is apart again")
    ),
    "clients_told_apart": Telling("users", "neutral", lambda _data: _("Clients who look alike are no doubles")),
    "approvals_spared": Telling("alert-triangle", "warning", _approvals_spared),
    "deal_client_replaced": Telling("git-compare", "accent", _client_replaced),
    "client_imported": Telling("building", "accent", lambda _data: _("Client brought by an import")),
    "contact_imported": Telling("user-plus", "neutral", lambda _data: _("Contact brought by an import")),
    "client_removed": Telling(
        "arrow-back-up", "neutral", lambda _data: _("Client removed: the import that had brought it was taken back")
    ),
    "contact_removed": Telling(
        "arrow-back-up", "neutral", lambda _data: _("Contact removed: the import that had brought it was taken back")
    ),
    "import_started": Telling("upload", "accent", _import_started),
    "import_stopped": Telling("x", "neutral", lambda _data: _("Import stopped")),
    "import_taken_back": Telling("arrow-back-up", "warning", lambda _data: _("Import taken back")),
}
