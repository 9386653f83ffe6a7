"""The language in which the terminal is spoken to."""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LOCALES = ("uk", "en")


def chosen_language(environ: Mapping[str, str]) -> str:
    """LOCALE_DEFAULT if it is set, else the terminal's own language if it is one of ours, else Ukrainian."""
    for name in ("LOCALE_DEFAULT", "LC_ALL", "LC_MESSAGES", "LANG"):
        language = environ.get(name, "")[:2].lower()
        if language in LOCALES:
            return language
    return LOCALES[0]


def _(message: str, **places: Any) -> str:
    """``message`` in the terminal's language, its ``%(places)s`` filled."""
    told = _catalogue(chosen_language(os.environ)).gettext(message)
    return told % places if places else told


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("messages", str(files("webui") / "translations"), [language], fallback=True)
