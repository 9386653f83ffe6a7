"""The translated texts, read once per process."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations, translation
from importlib.resources import files


@cache
def catalogue(language: str) -> NullTranslations:
    """The texts of a language; for English, and for one that we do not have, texts stay as they are."""
    return translation("messages", str(files("webui") / "translations"), [language], fallback=True)
