"""What the environment says of the installation that a command works on, without a look at its database."""

from __future__ import annotations

import os
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.settings import Settings, settings_from
from webui.command_line.failures import Failed
from webui.command_line.language import LOCALES, _

_FILE_BOUNDS = ("FILE_MAX_MB", "DEAL_FILES_MAX_MB", "ALL_FILES_MAX_GB")


def settings() -> Settings:
    """What the environment decides. Raises Failed for a number, a zone, a language or a folder that is none."""
    try:
        given = settings_from()
    except ValueError:
        numbers = {name: os.environ.get(name, "") for name in ("PORT", "WEB_PROCESSES", *_FILE_BOUNDS)}
        name, value = next(pair for pair in numbers.items() if pair[1] and not pair[1].isdecimal())
        raise Failed(_("%(name)s must be a number, not “%(value)s”.", name=name, value=value)) from None
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


def settings_with_redis() -> Settings:
    """As ``settings``, for a process that works beside the web server. Raises Failed where none does."""
    given = settings()
    if given.is_embedded:
        raise Failed(_("REDIS_URL is not set: worker and schedule are inside `reglament run` and `reglament web`."))
    return given
