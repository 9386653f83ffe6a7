"""What every template may name: who reads, the menu, the language, and the few functions that make safe markup."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from webui.csp import nonce
from webui.deadlines import said
from webui.i18n import LOCALES, chosen_locale
from webui.messages import error_text
from webui.navigation import menu
from webui.request_context import now, services, signed_in


def configure_templates(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(csp_nonce=nonce, error_text=error_text, said=said)
    app.context_processor(_common)


def _common() -> dict[str, Any]:
    person = signed_in()
    return {
        "me": person.actor if person else None,
        "theme": person.theme if person else request.cookies.get("theme", "auto"),
        "menu": menu(person.actor) if person else (),
        "section": request.blueprint,
        "locale_code": chosen_locale(),
        "locales": LOCALES,
        "is_demo": services().settings.demo,
        "now": now(),
    }
