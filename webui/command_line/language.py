"""The language in which the terminal is spoken to."""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from typing import Any

from webui.catalogues import DOMAIN, catalogue, catalogues_folder

LOCALES = ("uk", "en")


def chosen_language(environ: Mapping[str, str]) -> str:
    """LOCALE_DEFAULT if it is set, else the terminal's own language if it is one of ours, else Ukrainian."""
    for name in ("LOCALE_DEFAULT", "LC_ALL", "LC_MESSAGES", "LANG"):
        language = environ.get(name, "")[:2].lower()
        if language in LOCALES:
            return language
    return LOCALES[0]


def let_click_speak_it() -> None:
    """Let click say what it says by itself in the terminal's language, from our catalogue.

    It asks Python's gettext, which is told the language by the environment alone.
    """
    gettext.bindtextdomain(DOMAIN, catalogues_folder())
    os.environ["LANGUAGE"] = chosen_language(os.environ)


def _(message: str, **places: Any) -> str:
    """``message`` in the terminal's language, its ``%(places)s`` filled."""
    told = catalogue(chosen_language(os.environ)).gettext(message)
    return told % places if places else told
