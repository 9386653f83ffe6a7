"""The translated texts, read once per process."""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations, translation
from importlib.resources import files

DOMAIN = "messages"
"""Also the one in which libraries that know nothing of ours look their words up."""


def catalogues_folder() -> str:
    return str(files("webui") / "translations")


@cache
def catalogue(language: str) -> NullTranslations:
    """The texts of a language; for English, and for one that we do not have, texts stay as they are."""
    return translation(DOMAIN, catalogues_folder(), [language], fallback=True)
