"""What the environment says of the installation that a command works on, without a look at its database."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.settings import Settings, settings_from
from webui.command_line.failures import Failed
from webui.command_line.language import LOCALES, _

_FILE_BOUNDS = ("FILE_MAX_MB", "DEAL_FILES_MAX_MB", "ALL_FILES_MAX_GB")
# As SQLAlchemy reads it, which the schedule's process does without.
_DATABASE = re.compile(
    r"(?:sqlite(?:\+pysqlite)?|postgresql\+psycopg)://(?:[^@]*@)?(?:\[[^]]+\]|[^/:?]*)(?::\d+)?(?:[/?].*)?", re.DOTALL
)


def settings() -> Settings:
    """What the environment decides. Raises Failed for a number, address, zone, language or folder that is none."""
    try:
        given = settings_from()
    except ValueError:
        numbers = {name: os.environ.get(name, "") for name in ("PORT", "WEB_PROCESSES", *_FILE_BOUNDS)}
        name, value = next(pair for pair in numbers.items() if pair[1] and not pair[1].isdecimal())
        raise Failed(_("%(name)s must be a number, not “%(value)s”.", name=name, value=value)) from None
    _ensure_addresses_are_understood(given)
    try:
        ZoneInfo(given.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Failed(
            _("TZ_DEFAULT must be a time zone such as Europe/Kyiv, not “%(value)s”.", value=given.time_zone)
        ) from None
    if given.locale not in LOCALES:
        raise Failed(
            _("LOCALE_DEFAULT must be %(known)s, not “%(value)s”.", known=" / ".join(LOCALES), value=given.locale)
        )
    there = next(folder for folder in (given.var, *given.var.parents) if folder.is_symlink() or folder.exists())
    if not there.exists():
        raise Failed(
            _("REGLAMENT_VAR must name a folder: %(path)s is a link to what is not there. Is a disk away?", path=there)
        )
    if not there.is_dir():
        raise Failed(
            _(
                "REGLAMENT_VAR must name a folder: %(path)s is a file. Name another one, or move the file.",
                path=there,
            )
        )
    return given


def _ensure_addresses_are_understood(given: Settings) -> None:
    """Raises Failed. What may hold a password is not repeated."""
    if not _DATABASE.fullmatch(given.database_url):
        raise Failed(_("DATABASE_URL must be of the form postgresql://user:password@host/name."))
    # Celery would take what it does not know for a broker of another kind, and its worker would wait for that for ever.
    if given.redis_url is not None and not _is_address(given.redis_url, "redis", "rediss", needs_host=False):
        raise Failed(_("REDIS_URL must be of the form redis://host:6379/0."))
    if os.environ.get("BASE_URL") and not _is_address(given.base_url, "http", "https"):
        raise Failed(
            _(
                "BASE_URL must be the whole address that people type, such as https://sales.example.com, "
                "not “%(value)s”.",
                value=given.base_url,
            )
        )


def _is_address(url: str, *schemes: str, needs_host: bool = True) -> bool:
    """Without a host, whoever connects takes this machine's."""
    try:
        parts = urlsplit(url)
        is_whole = "://" in url and (bool(parts.hostname) or not needs_host) and parts.port != 0
    except ValueError:  # a port that is no number, or a host that is none
        return False
    return parts.scheme in schemes and is_whole


def settings_with_redis() -> Settings:
    """As ``settings``, for a process that works beside the web server. Raises Failed where none does."""
    given = settings()
    if given.is_embedded:
        raise Failed(_("REDIS_URL is not set: worker and schedule are inside `reglament run` and `reglament web`."))
    return given
