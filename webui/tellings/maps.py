"""How the events of sales maps and of moves between their versions are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webui.i18n import _, ngettext
from webui.tellings.words import Data, Telling


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


def _key_version(data: Data) -> dict[str, Any]:
    return {"key": data["key"], "version": data["version"]}


def _discarded(data: Data) -> str:
    if data["was_last"]:
        return _("Map “%(name)s” thrown away: it was never published", name=data["name"])
    return _("Draft thrown away: version %(version)s of “%(key)s”", **_key_version(data))


TELLINGS: Mapping[str, Telling] = {
    "definition_deployed": Telling(
        "upload", "neutral", lambda data: _("Map “%(key)s” uploaded as version %(version)s", **_key_version(data))
    ),
    "definition_amended": Telling("edit", "neutral", _amended),
    "definition_published": Telling("circle-check", "good", _published),
    "definition_retired": Telling(
        "x", "neutral", lambda data: _("Version %(version)s of “%(key)s” retired", **_key_version(data))
    ),
    "definition_discarded": Telling("trash", "neutral", _discarded),
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
}
