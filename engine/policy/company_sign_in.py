"""Sign-in by the company's own accounts: what its settings ask for, and whose account a provider's claims prove.

A provider is whoever keeps those accounts: Google Workspace, Microsoft Entra ID, any OpenID Connect provider.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlsplit

from engine.errors import N_, DomainError
from engine.settings import Settings

CALLBACK = "/sign-in/company/callback"
"""Where providers send people back to, below BASE_URL."""

_GOOGLE = "accounts.google.com"
_MICROSOFT = frozenset(
    {"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "sts.windows.net"}
)
_OF_ANY_COMPANY = frozenset({"", "common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"})
"""What stands in Microsoft's addresses for people of any company, or of none (the number is that of private ones)."""
_PRIVATE_GOOGLE = frozenset({"gmail.com", "googlemail.com"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_MAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")
_LONGEST_SUBJECT = 255


class CompanySignInNotUnderstood(DomainError):
    """Settings that cannot be followed: the company's accounts open nothing, passwords do as before."""

    code: ClassVar[str] = "company_sign_in_settings"


class SettingMissing(CompanySignInNotUnderstood):
    template: ClassVar[str] = N_("%(variable)s is missing: without it nobody signs in by a company account.")


class IssuerNotUnderstood(CompanySignInNotUnderstood):
    template: ClassVar[str] = N_(
        "OIDC_ISSUER must be an address such as https://accounts.google.com, not “%(issuer)s”: nobody signs in by a "
        "company account."
    )


class IssuerOfAnyCompany(CompanySignInNotUnderstood):
    """With it, whoever has any account there could come with any mail address: a tenant of one's own can claim it."""

    template: ClassVar[str] = N_(
        "OIDC_ISSUER stands for accounts of any company: put your own tenant into it, "
        "https://%(host)s/TENANT/v2.0. Until then nobody signs in by a company account."
    )


class DomainNotUnderstood(CompanySignInNotUnderstood):
    template: ClassVar[str] = N_(
        "OIDC_DOMAINS must be domains such as example.com, with commas between them; “%(domain)s” is none: nobody "
        "signs in by a company account."
    )


class BaseUrlNotSafe(CompanySignInNotUnderstood):
    template: ClassVar[str] = N_(
        "BASE_URL must begin with https://, or providers send nobody back to it: nobody signs in by a company account."
    )


class DomainNotAllowed(DomainError):
    code: ClassVar[str] = "account_domain"
    template: ClassVar[str] = N_(
        "%(mail)s is no account of the company: only those of %(domains)s sign in here. Choose another account."
    )


class MailNotConfirmed(DomainError):
    code: ClassVar[str] = "account_mail_not_confirmed"
    template: ClassVar[str] = N_(
        "%(provider)s does not say that the e-mail of this account is yours, so nobody can be found by it. Sign in by "
        "your password and connect the account in your profile, or ask your administrator."
    )


class DomainNotConfirmed(DomainError):
    """With ``domains``, a profile connects no such account either."""

    code: ClassVar[str] = "account_domain_not_confirmed"
    template: ClassVar[str] = N_(
        "Only accounts of %(domains)s sign in here, and %(provider)s does not say that the e-mail of this account is "
        "yours. Sign in by your password; how the provider is made to say it stands in the how-to for administrators."
    )


@dataclass(frozen=True, slots=True)
class CompanySignIn:
    """What is agreed with the provider. ``domains`` are those of the addresses that may sign in; empty: any.

    ``name`` is how people call the provider; ``redirect_uri`` is where it sends them back to.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    domains: tuple[str, ...]
    redirect_uri: str

    @property
    def is_google(self) -> bool:
        return _host(self.issuer) == _GOOGLE

    @property
    def is_microsoft(self) -> bool:
        return _host(self.issuer) in _MICROSOFT


@dataclass(frozen=True, slots=True)
class ProvenAccount:
    """An account that somebody has just proved to be theirs.

    ``subject`` names it for ever at ``issuer``; addresses change hands. ``mail`` is empty unless the provider vouches
    that it is this account's.
    """

    issuer: str
    subject: str
    mail: str

    @property
    def domain(self) -> str:
        return self.mail.rpartition("@")[2]


def company_sign_in(settings: Settings) -> CompanySignIn | None:
    """What the settings ask for, None where they ask for nothing. Raises CompanySignInNotUnderstood."""
    needed = {
        "OIDC_ISSUER": settings.oidc_issuer,
        "OIDC_CLIENT_ID": settings.oidc_client_id,
        "OIDC_CLIENT_SECRET": settings.oidc_client_secret,
    }
    if not any((*needed.values(), settings.oidc_name, settings.oidc_domains)):
        return None
    given = {variable: (value or "").strip() for variable, value in needed.items()}
    for variable, value in given.items():
        if not value:
            raise SettingMissing(variable=variable)
    issuer = given["OIDC_ISSUER"]
    _ensure_issuer(issuer)
    _ensure_base_url(settings.base_url)
    return CompanySignIn(
        issuer=issuer,
        client_id=given["OIDC_CLIENT_ID"],
        client_secret=given["OIDC_CLIENT_SECRET"],
        name=(settings.oidc_name or "").strip() or _usual_name(issuer),
        domains=_domains(settings.oidc_domains or ""),
        redirect_uri=f"{settings.base_url}{CALLBACK}",
    )


def proven_account(given: CompanySignIn, claims: Mapping[str, Any]) -> ProvenAccount:
    """The account that claims of ``given.issuer`` are about: signature, audience and time were looked at before.

    Raises ValueError for claims that name none.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise ValueError(subject)
    told = claims.get("email")
    mail = told.lower() if isinstance(told, str) and told.isascii() and _MAIL.fullmatch(told) else ""
    return ProvenAccount(given.issuer, subject, mail if mail and _vouches(given, claims, mail) else "")


def ensure_domain_allowed(given: CompanySignIn, account: ProvenAccount) -> None:
    """Raises DomainNotAllowed, DomainNotConfirmed."""
    if not given.domains:
        return
    if not account.mail:
        raise DomainNotConfirmed(provider=given.name, domains=given.domains)
    if account.domain not in given.domains:
        raise DomainNotAllowed(mail=account.mail, domains=given.domains)


def _vouches(given: CompanySignIn, claims: Mapping[str, Any], mail: str) -> bool:
    """Does the provider answer for the address being this account's today?

    Google does for addresses of its own and of companies that it serves (those have ``hd``); that any other one was
    verified says only that it was so once. Microsoft never says ``email_verified``, and lets administrators of any
    tenant write any address down: only ``xms_edov`` tells that the address's domain is the tenant's own.
    """
    if given.is_microsoft:
        return claims.get("xms_edov") in (True, "1", "true")
    if claims.get("email_verified") is not True:
        return False
    if given.is_google:
        return bool(claims.get("hd")) or mail.rpartition("@")[2] in _PRIVATE_GOOGLE
    return True


def _ensure_issuer(issuer: str) -> None:
    try:
        parts = urlsplit(issuer)
        is_address = parts.scheme == "https" and parts.hostname is not None and (parts.port or 443) > 0
    except ValueError:
        raise IssuerNotUnderstood(issuer=issuer) from None
    if not is_address or parts.query or parts.fragment or parts.username is not None:
        raise IssuerNotUnderstood(issuer=issuer)
    if parts.hostname in _MICROSOFT and parts.path.strip("/").partition("/")[0].lower() in _OF_ANY_COMPANY:
        raise IssuerOfAnyCompany(host=parts.hostname)


def _ensure_base_url(base_url: str) -> None:
    parts = urlsplit(base_url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise BaseUrlNotSafe


def _domains(given: str) -> tuple[str, ...]:
    domains = tuple(one.removeprefix("@").lower() for one in re.split(r"[\s,;]+", given) if one)
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            raise DomainNotUnderstood(domain=domain)
    return domains


def _usual_name(issuer: str) -> str:
    host = _host(issuer)
    if host == _GOOGLE:
        return "Google"
    return "Microsoft" if host in _MICROSOFT else host


def _host(issuer: str) -> str:
    return urlsplit(issuer).hostname or ""
