"""Sign-ins and tries at them in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.commands.sign_ins import STOPPED
from engine.errors import N_
from engine.model.sign_in import SignInKind, SignInWay
from engine.queries.sign_ins import SignInRow
from webui.i18n import _, ngettext

KINDS: Mapping[SignInKind, str] = {
    SignInKind.FAILED: N_("Failed alone"),
    SignInKind.SIGNED_IN: N_("Signed in"),
    SignInKind.SIGNED_OUT: N_("Signed out"),
    SignInKind.ENDED: N_("Sessions ended"),
}
_SIGNED_IN: Mapping[SignInWay, str] = {
    SignInWay.PASSWORD: N_("Signed in by the password"),
    SignInWay.PROVIDER: N_("Signed in by the company’s account"),
    SignInWay.LINK: N_("Chose a password by a link and signed in"),
    SignInWay.TOKEN: N_("A program called by the token “%(token)s”, for the first time that day"),
    SignInWay.DEMO: N_("Signed in by one click, as the demo company lets everybody"),
}
_REASONS: Mapping[str, str] = {
    "unknown_login": N_("Nobody has this login"),
    "wrong_password": N_("The password was wrong"),
    "no_password": N_("A password was tried where none is set"),
    "no_access": N_("The access is taken away"),
    "more_failures": N_("More tries failed in these minutes than are written down"),
    "password_wrong": N_("The password asked for before connecting the company’s account was wrong"),
    "only_through_provider": N_("The password is right, but only the company’s account signs in"),
    "sign_in_cancelled": N_("The provider of the company’s accounts let nobody in, or it was cancelled there"),
    "account_unknown": N_("The company’s account has an e-mail that is on nobody’s card"),
    "account_ambiguous": N_("The company’s account has an e-mail that is on several cards"),
    "account_without_access": N_("The company’s account belongs to somebody without access"),
    "account_other_linked": N_("Another account is connected with this person"),
    "account_domain": N_("The account is not of the company’s domain"),
    "account_domain_not_confirmed": N_("The provider does not say that the account is of the company’s domain"),
    "account_mail_not_confirmed": N_("The provider does not say whose the e-mail of the account is"),
    "administrator_without_password": N_("An administrator without a password is not connected by an e-mail alone"),
    "provider_unreachable": N_("The provider of the company’s accounts did not answer"),
    "provider_set_up_wrong": N_("Sign-in by the company’s accounts is not set up rightly"),
    "provider_code_refused": N_("The provider of the company’s accounts took the sign-in for over"),
    "provider_not_trusted": N_("What came from the provider of the company’s accounts could not be trusted"),
}
_ENDS: Mapping[str, str] = {
    "password_was_set": N_("%(by)s set another password: all sessions ended"),
    "access_was_taken": N_("%(by)s took the access away: all sessions ended"),
    "account_was_removed": N_("%(by)s removed the connection with the company’s account: all sessions ended"),
    "by_themselves": N_("Ended all sessions but their own"),
}


@dataclass(frozen=True, slots=True)
class SignInTold:
    """``whose`` is the person, or the login that was tried and is nobody's; ``tried`` what was typed for a person's."""

    at: datetime
    icon: str
    text: str
    is_failure: bool
    person_id: int | None
    whose: str
    tried: str
    browser: str
    address: str
    by: str


def told(row: SignInRow) -> SignInTold:
    return SignInTold(
        at=row.at,
        icon=_icon(row),
        text=_text(row),
        is_failure=row.kind is SignInKind.FAILED,
        person_id=row.person_id,
        whose=row.person or row.login,
        tried=row.login if row.person else "",
        browser=row.browser,
        address=row.address,
        by=row.by,
    )


def _icon(row: SignInRow) -> str:
    if row.kind is SignInKind.SIGNED_IN:
        return "key" if row.way is SignInWay.TOKEN else "login"
    return {SignInKind.FAILED: "circle-x", SignInKind.SIGNED_OUT: "logout"}.get(row.kind, "lock")


def _text(row: SignInRow) -> str:
    if row.kind is SignInKind.SIGNED_OUT:
        return _("Signed out")
    if row.kind is SignInKind.ENDED:
        return _(_ENDS[row.reason], by=row.by or _("The system")) if row.reason in _ENDS else _("All sessions ended")
    if row.reason == STOPPED:
        return ngettext(
            "Too many tries had failed: at least %(num)s more was stopped unread",
            "Too many tries had failed: at least %(num)s more were stopped unread",
            row.tries,
        )
    if row.kind is SignInKind.FAILED:
        return _(_REASONS[row.reason]) if row.reason in _REASONS else row.reason
    return _(_SIGNED_IN[row.way or SignInWay.PASSWORD], token=row.token or "—")
