"""Which language and which zone the reader has. Ukrainian is the default, whatever the browser asks for."""

from __future__ import annotations

from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale
from markupsafe import Markup

from engine.settings import Settings
from webui.catalogues import catalogue
from webui.request_context import services, signed_in

LocaleCode = Literal["uk", "en"]
LOCALES: tuple[LocaleCode, ...] = ("uk", "en")
LOCALE_COOKIE = "locale"

_ENGLISH: LocaleCode = "en"
_BABEL_LOCALES = {code: Locale.parse(code) for code in LOCALES}


def configure_languages(app: Flask, settings: Settings) -> None:
    """Flask-Babel keeps who reads in which language; texts are taken from its catalogue without asking again for each.

    A page has hundreds of them, and no template needs more than the two functions.
    """
    Babel(
        app,
        configure_jinja=False,
        default_locale=settings.locale if settings.locale in LOCALES else LOCALES[0],
        default_timezone=settings.time_zone,
        locale_selector=chosen_locale,
    )
    app.jinja_env.globals.update(_=_as_markup, ngettext=_counted_as_markup)


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
    return _BABEL_LOCALES[_language() or LOCALES[0]]


def zone() -> ZoneInfo:
    """The zone in which people of this installation read times."""
    return ZoneInfo(services().settings.time_zone)


def _(message: str, /, **places: Any) -> str:
    """``message`` in the reader's language, its ``%(places)s`` filled."""
    text = catalogue(_language() or _ENGLISH).gettext(message)
    return text % places if places else text


def ngettext(singular: str, plural: str, number: int, /, **places: Any) -> str:
    """``number`` things in the reader's language; ``%(num)s`` is the number itself."""
    return _form(singular, plural, number) % {"num": number, **places}


def _form(singular: str, plural: str, number: int) -> str:
    return catalogue(_language() or _ENGLISH).ngettext(singular, plural, number)


def _as_markup(message: str, /, **places: Any) -> Markup:
    """``_`` of templates: a translated text is trusted, what fills its places is escaped."""
    text = Markup(_(message))  # noqa: S704  # ours
    return text % places if "%" in text else text


def _counted_as_markup(singular: str, plural: str, number: int, /, **places: Any) -> Markup:
    """``ngettext`` of templates."""
    return Markup(_form(singular, plural, number)) % {"num": number, **places}  # noqa: S704


def _language() -> LocaleCode | None:
    """The reader's; None where nobody reads: outside of an application."""
    found = get_locale()
    return _known(found.language) if found is not None else None
