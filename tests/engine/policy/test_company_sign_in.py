from __future__ import annotations

from typing import Any

import pytest

from engine.policy.company_sign_in import (
    BaseUrlNotSafe,
    CompanySignInNotUnderstood,
    DomainNotUnderstood,
    IssuerNotUnderstood,
    IssuerOfAnyCompany,
    SettingMissing,
    company_sign_in,
    proven_account,
)
from engine.settings import settings_from

GOOGLE = "https://accounts.google.com"
MICROSOFT = "https://login.microsoftonline.com/5f2e7c1a-0000-4000-8000-1234567890ab/v2.0"
KEYCLOAK = "https://id.example.com/realms/company"
USUAL = {
    "OIDC_ISSUER": GOOGLE,
    "OIDC_CLIENT_ID": "we",
    "OIDC_CLIENT_SECRET": "s",
    "BASE_URL": "https://sales.example.com",
}


def read(**changes: str) -> Any:
    return company_sign_in(settings_from(USUAL | changes))


def test_without_settings_nothing_is_asked_for() -> None:
    assert company_sign_in(settings_from({"BASE_URL": "http://sales.example.com"})) is None


@pytest.mark.parametrize(
    ("issuer", "name"), [(GOOGLE, "Google"), (MICROSOFT, "Microsoft"), (KEYCLOAK, "id.example.com")]
)
def test_a_provider_has_its_usual_name_unless_another_is_given(issuer: str, name: str) -> None:
    given = read(OIDC_ISSUER=issuer)
    assert (given.name, given.domains) == (name, ())
    assert given.redirect_uri == "https://sales.example.com/sign-in/company/callback"
    assert read(OIDC_ISSUER=issuer, OIDC_NAME=" пошту ").name == "пошту"
    assert "s'" not in repr(given)


def test_domains_are_read_as_people_write_them() -> None:
    assert read(OIDC_DOMAINS="Example.com, @sales.example.com;xn--80ak6aa92e.com").domains == (
        "example.com",
        "sales.example.com",
        "xn--80ak6aa92e.com",
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"OIDC_CLIENT_ID": ""}, SettingMissing),
        ({"OIDC_CLIENT_SECRET": " "}, SettingMissing),
        ({"OIDC_ISSUER": "", "OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": "", "OIDC_NAME": "Google"}, SettingMissing),
        ({"OIDC_ISSUER": "accounts.google.com"}, IssuerNotUnderstood),
        ({"OIDC_ISSUER": "http://id.example.com"}, IssuerNotUnderstood),
        ({"OIDC_ISSUER": "https://"}, IssuerNotUnderstood),
        ({"OIDC_ISSUER": "https://id.example.com:x"}, IssuerNotUnderstood),
        ({"OIDC_ISSUER": "https://me:secret@id.example.com"}, IssuerNotUnderstood),
        ({"OIDC_ISSUER": "https://id.example.com?realm=1"}, IssuerNotUnderstood),
        ({"OIDC_ISSUER": "https://login.microsoftonline.com/common/v2.0"}, IssuerOfAnyCompany),
        ({"OIDC_ISSUER": "https://login.microsoftonline.com/Organizations/v2.0"}, IssuerOfAnyCompany),
        ({"OIDC_ISSUER": "https://login.microsoftonline.com/consumers/v2.0"}, IssuerOfAnyCompany),
        (
            {"OIDC_ISSUER": "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"},
            IssuerOfAnyCompany,
        ),
        ({"OIDC_ISSUER": "https://login.microsoftonline.com"}, IssuerOfAnyCompany),
        ({"OIDC_DOMAINS": "example"}, DomainNotUnderstood),
        ({"OIDC_DOMAINS": "example.com, *.example.com"}, DomainNotUnderstood),
        ({"BASE_URL": "http://sales.example.com"}, BaseUrlNotSafe),
    ],
)
def test_settings_that_cannot_be_followed_are_said_in_one_sentence(
    changes: dict[str, str], problem: type[CompanySignInNotUnderstood]
) -> None:
    with pytest.raises(problem) as told:
        read(**changes)
    assert "obody signs in by a company account" in str(told.value)


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8000", "http://localhost:8000"])
def test_on_ones_own_machine_no_https_is_needed(base_url: str) -> None:
    assert read(BASE_URL=base_url).redirect_uri.startswith(base_url)


MAIL = {"sub": "1", "email": "olena@example.com"}


@pytest.mark.parametrize(
    ("issuer", "claims", "is_believed"),
    [
        (GOOGLE, {"email_verified": True, "hd": "example.com"}, True),
        (GOOGLE, {"email_verified": True}, False),
        (GOOGLE, {"email_verified": True, "hd": ""}, False),
        (GOOGLE, {"email_verified": False, "hd": "example.com"}, False),
        (GOOGLE, {"hd": "example.com"}, False),
        (MICROSOFT, {"email_verified": True}, False),
        (MICROSOFT, {"preferred_username": "olena@example.com"}, False),
        (MICROSOFT, {"xms_edov": False}, False),
        (MICROSOFT, {"xms_edov": "0"}, False),
        (MICROSOFT, {"xms_edov": True}, True),
        (MICROSOFT, {"xms_edov": 1}, True),
        (MICROSOFT, {"xms_edov": "1"}, True),
        (KEYCLOAK, {"email_verified": True}, True),
        (KEYCLOAK, {"email_verified": 1}, False),
        (KEYCLOAK, {"xms_edov": True}, False),
        (KEYCLOAK, {}, False),
    ],
)
def test_an_address_counts_only_where_the_provider_vouches_for_it(
    issuer: str, claims: dict[str, Any], *, is_believed: bool
) -> None:
    account = proven_account(read(OIDC_ISSUER=issuer), MAIL | claims)
    assert account.mail == ("olena@example.com" if is_believed else "")


def test_a_private_google_account_has_an_address_of_googles_own() -> None:
    claims = {"sub": "1", "email": "Olena@Gmail.com", "email_verified": True}
    assert proven_account(read(), claims).mail == "olena@gmail.com"


@pytest.mark.parametrize(
    "mail", ["olena", "a@b@c", "@example.com", "olena@", "o lena@example.com", "Ölena@example.com"]
)
def test_what_is_no_plain_address_finds_nobody(mail: str) -> None:
    """The sign for kelvin is a k when it is made small: other alphabets could come to look like an address here."""
    claims = {"sub": "1", "email": mail, "email_verified": True}
    assert proven_account(read(OIDC_ISSUER=KEYCLOAK), claims).mail == ""


@pytest.mark.parametrize("subject", [None, "", 7, "x" * 256, "line\nbreak"])
def test_claims_without_a_subject_are_nobodys(subject: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any
        proven_account(read(), {"sub": subject})
