"""Which language and which zone the reader has. Ukrainian is the default, whatever the browser asks for."""

from __future__ import annotations

from typing import Any, Literal
from zoneinfo import ZoneInfo

import flask_babel
from babel import Locale
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale

from engine.settings import Settings
from webui.request_context import services, signed_in

LocaleCode = Literal["uk", "en"]
LOCALES: tuple[LocaleCode, ...] = ("uk", "en")
LOCALE_COOKIE = "locale"


def configure_languages(app: Flask, settings: Settings) -> None:
    Babel(
        app,
        default_locale=settings.locale if settings.locale in LOCALES else LOCALES[0],
        default_timezone=settings.time_zone,
        locale_selector=chosen_locale,
    )


def chosen_locale() -> LocaleCode:
    """The signed-in person's language; before sign-in the one switched to; else the installation's."""
    if not has_request_context():
        return _known(services().settings.locale) or LOCALES[0]
    person = signed_in()
    candidates = (
        g.get("locale") if person else None,
        request.cookies.get(LOCALE_COOKIE),
        services().settings.locale,
    )
    return next((known for candidate in candidates if (known := _known(candidate))), LOCALES[0])


def _known(code: str | None) -> LocaleCode | None:
    return code if code in LOCALES else None


def locale() -> Locale:
    """The reader's locale as Babel knows it."""
    found = get_locale()
    return found if isinstance(found, Locale) else Locale.parse(LOCALES[0])


def zone() -> ZoneInfo:
    """The zone in which people of this installation read times."""
    return ZoneInfo(services().settings.time_zone)


def _(message: str, /, **places: Any) -> str:
    """``message`` in the reader's language, its ``%(places)s`` filled."""
    text = str(flask_babel.gettext(message))
    return text % places if places else text


def ngettext(singular: str, plural: str, number: int, /, **places: Any) -> str:
    """``number`` things in the reader's language; ``%(num)s`` is the number itself."""
    return str(flask_babel.ngettext(singular, plural, number, **places))
