"""The seal of this installation, for pages and for the terminal."""

from __future__ import annotations

from urllib.parse import urlsplit

from engine.adapters.company_seal import CompanySeal
from engine.settings import Settings


def company_seal(settings: Settings) -> CompanySeal:
    """Until the company brings its own certificate, the seal names the installation by its address."""
    return CompanySeal(settings.keys, owner=f"Reglament · {urlsplit(settings.base_url).hostname or 'localhost'}")
