"""The provider of the company's own accounts, where the settings name one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from engine.adapters.https_calls import PublicHttpsCaller
from engine.clock import Clock
from engine.policy.company_sign_in import CompanySignInNotUnderstood, company_sign_in
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.adapters.openid_provider import OpenIdProvider

_TIMEOUT_S = 5.0

_logger = logging.getLogger(__name__)


def provider_of(settings: Settings, clock: Clock) -> OpenIdProvider | None:
    """None where the settings name none, or cannot be followed: the log says why, and passwords go on."""
    try:
        given = company_sign_in(settings)
    except CompanySignInNotUnderstood as problem:
        _logger.error("%s", problem)  # noqa: TRY400  # the sentence says all
        return None
    if given is None:
        return None
    from engine.adapters.openid_provider import OpenIdProvider  # noqa: PLC0415  # others need none of its libraries

    return OpenIdProvider(given, PublicHttpsCaller(timeout_s=_TIMEOUT_S, allows_private=True), clock)
