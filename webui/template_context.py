"""What every template may name: who reads, the menu, the language, and the few functions that make safe markup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, current_app, request

from engine.policy.personal_texts import ERASED
from engine.queries.definitions import StartableDefinition
from webui.call_words import target_words
from webui.command_keys import command_field
from webui.csp import nonce
from webui.deadlines import said
from webui.i18n import LOCALES, chosen_locale
from webui.letter_words import letter_state_word
from webui.messages import error_text
from webui.navigation import menu
from webui.news_desk import marker
from webui.read_versions import as_of_fields, version_fields
from webui.request_context import now, services, signed_in

_SECTIONS = {
    "map_questions": "maps",
    "drawing": "maps",
    "moves": "maps",
    "step_tables": "maps",
    "practice": "maps",
    "map_rules": "maps",
    "map_ways": "maps",
    "map_versions": "maps",
    "map_facts": "maps",
    "decisions": "maps",
    "handbooks": "maps",
    "work_items": "inbox",
    "questions": "inbox",
    "reports": "control",
    "work_reports": "control",
    "saved_reports": "control",
    "forecasts": "control",
    "mail_links": "inbox",
    "deal_imports": "deals",
    "deal_columns": "deals",
    "client_columns": "clients",
    "inbox_columns": "inbox",
    "client_imports": "clients",
    "client_doubles": "clients",
    "erasure": "clients",
    **dict.fromkeys(("erasure.show_file", "erasure.erase_deal_file"), "deals"),
    **dict.fromkeys(("erasure.show_entry", "erasure.erase_entry"), "deals"),
    "deal_repairs": "deals",
    "deal_letters": "deals",
    "approval_sheets": "deals",
    "files": "deals",
    "watching": "deals",
    "departments": "people",
    "mail_settings": "settings",
    "substitutions": "settings",
    "authenticators": "settings",
    "tokens": "settings",
    "calendars": "settings",
    "own_fields": "settings",
    "loss_reasons": "settings",
    "rates": "settings",
    "letter_templates": "settings",
    "deadline_feeds": "settings",
    "sign_in_settings": "settings",
    "journal": "settings",
    "webhooks": "settings",
    "connectors": "settings",
    "seal": "settings",
    "incidents": "settings",
    "machinery": "settings",
}


def configure_templates(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        csp_nonce=nonce,
        error_text=error_text,
        said=said,
        has_page=has_page,
        command_field=command_field,
        as_of_fields=as_of_fields,
        version_fields=version_fields,
    )
    for words in (target_words, letter_state_word):
        app.jinja_env.filters[words.__name__] = words
    app.jinja_env.tests["erased"] = ERASED.__eq__
    app.jinja_env.filters.update(pairs=pairs, map_pairs=map_pairs)
    app.context_processor(_common)


def has_page(endpoint: str) -> bool:
    """Does this application serve ``endpoint``: links to what is not installed are not shown."""
    return endpoint in current_app.view_functions


def pairs(values: Iterable[str]) -> list[tuple[str, str]]:
    """Options whose label is their value."""
    return [(value, value) for value in values]


def map_pairs(maps: Iterable[StartableDefinition]) -> list[tuple[str, str]]:
    return [(one.key, one.name) for one in maps]


def _common() -> dict[str, Any]:
    person = signed_in()
    return {
        "me": person.actor if person else None,
        "theme": person.theme if person else request.cookies.get("theme", "auto"),
        "menu": menu(person.actor) if person else (),
        "section": _SECTIONS.get(request.endpoint or "") or _SECTIONS.get(request.blueprint or "", request.blueprint),
        "locale_code": chosen_locale(),
        "locales": LOCALES,
        "is_demo": services().settings.demo,
        "now": now(),
        "since": marker(now()),
    }
