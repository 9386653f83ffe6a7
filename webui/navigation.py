"""The main menu: what a person may open, in the order in which they need it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from engine.errors import N_
from engine.policy.permissions import Ability, Actor, may
from engine.queries.control import controls


@dataclass(frozen=True, slots=True)
class Destination:
    """An entry of the menu. ``section`` is the blueprint whose pages light it up."""

    endpoint: str
    section: str
    label: str
    icon: str
    ability: Ability | None = None
    for_heads: bool = False
    """Only for who controls somebody's work."""


DESTINATIONS = (
    Destination("inbox.show", "inbox", N_("Inbox"), "inbox"),
    Destination("control.show", "control", N_("Control"), "clipboard-check", for_heads=True),
    Destination("deals.list_deals", "deals", N_("Deals"), "briefcase"),
    Destination("clients.list_clients", "clients", N_("Clients"), "building"),
    Destination("maps.list_maps", "maps", N_("Sales maps"), "sitemap"),
    Destination("people.list_people", "people", N_("People"), "users", Ability.MANAGE_PEOPLE),
    Destination("settings.show", "settings", N_("Settings"), "settings"),
)


def menu(actor: Actor) -> tuple[Destination, ...]:
    """The entries that ``actor`` may open, of the pages that this application serves."""
    return tuple(
        entry
        for entry in DESTINATIONS
        if entry.endpoint in current_app.view_functions
        and (entry.ability is None or may(actor, entry.ability))
        and (not entry.for_heads or controls(actor))
    )
