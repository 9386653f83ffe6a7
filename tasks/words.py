"""Texts in a reader's language, from the same catalogues as the pages."""

from __future__ import annotations

import gettext
from functools import cache
from importlib.resources import files


@cache
def catalogue(locale: str) -> gettext.NullTranslations:
    """The texts of ``locale``; a language without a catalogue reads the English originals."""
    return gettext.translation("messages", str(files("webui") / "translations"), [locale], fallback=True)
