"""How a person wants to be written to."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from engine.model.notice import NoticeKind
from engine.policy.mail_choices import MOST_TIMES, Delivery, Place
from webui.api.models.values import Given, Told

_TIMES = "Local times of the digest, by the clock of the caller's working calendar."
_PLACES = "Where it comes once the caller has linked Telegram; else all of it comes by letter."
_QUIET = "Nothing is sent outside the caller's working hours; it waits for the next working moment."


class MailChoices(Told):
    """By kind of notice, the kinds that can ever come to the caller."""

    deliveries: Mapping[NoticeKind, Delivery]
    places: Mapping[NoticeKind, Place] = Field(description=_PLACES)
    telegram_linked: bool
    digest_times: tuple[str, ...] = Field(description=_TIMES, examples=[["09:00", "16:30"]])
    keeps_quiet: bool = Field(description=_QUIET)


class MailChoicesChange(Given):
    """What is left out stays as it is."""

    deliveries: Mapping[NoticeKind, Delivery] | None = None
    places: Mapping[NoticeKind, Place] | None = Field(default=None, description=_PLACES)
    digest_times: tuple[str, ...] | None = Field(
        default=None, min_length=1, max_length=MOST_TIMES, description=_TIMES, examples=[["09:00", "16:30"]]
    )
    keeps_quiet: bool | None = Field(default=None, description=_QUIET)
