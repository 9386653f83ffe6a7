"""Signing in by an account of the company: to its provider and back, and the first time a word about whose it is."""

from __future__ import annotations

import hmac
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from engine.commands.linked_accounts import ensure_linkable, link_account, mark_of
from engine.commands.people import sign_in
from engine.errors import N_, DomainError, NotFound, SignInFailed
from engine.model.person import Person, Role
from engine.model.sign_in import SignInWay
from engine.policy.company_sign_in import CALLBACK, ProvenAccount, ensure_domain_allowed
from engine.queries.actors import actor_of
from engine.queries.linked_accounts import person_of_account, person_of_mail
from engine.queries.people import names_of_role
from engine.queries.work_items import work_item_view
from webui.i18n import _, chosen_locale
from webui.limits import limit_failures
from webui.messages import error_text
from webui.pages.sign_in import sign_in_page
from webui.provider_proofs import hold_proof
from webui.request_context import actor, now, reading, services, signed_in, writing
from webui.security import local_path, open_to_all
from webui.sessions import start_session
from webui.sign_in_log import came_in, did_not_come_in, was_stopped

if TYPE_CHECKING:
    from engine.adapters.openid_provider import OpenIdProvider

blueprint = Blueprint("company_sign_in", __name__)

_BEGUN, _TO_LINK = "company_sign_ins", "account_to_link"
_LASTS = timedelta(minutes=10)
_MOST_BEGUN = 3
_LONGEST_NEXT = 500
_WORD = re.compile(r"[a-z_]{1,60}")
_FAILED, _UNREACHABLE = 422, 503
_MOST_NAMED = 3


class BegunElsewhere(DomainError):
    """Nobody began it in this browser: a foreign site sent the person here, or it was too long ago."""

    code: ClassVar[str] = "sign_in_begun_elsewhere"
    template: ClassVar[str] = N_("This sign-in was begun in another browser, or too long ago. Begin again.")


class Cancelled(DomainError):
    code: ClassVar[str] = "sign_in_cancelled"
    template: ClassVar[str] = N_(
        "%(provider)s did not let you in: %(problem)s. Begin again, or sign in by your password."
    )


class AccountOfAnother(DomainError):
    code: ClassVar[str] = "account_of_another"
    template: ClassVar[str] = N_("This account is connected with somebody else here. Choose another one.")


class ProofOfAnother(DomainError):
    code: ClassVar[str] = "proof_of_another"
    template: ClassVar[str] = N_(
        "This is not the account of %(provider)s that is connected with you, so nothing is confirmed. Sign in there by "
        "your own one."
    )


class PasswordWrongHere(DomainError):
    code: ClassVar[str] = "password_wrong"
    template: ClassVar[str] = N_("This is not your present password.")


@dataclass(frozen=True, slots=True)
class _Begun:
    """What the cookie keeps of a sign-in that began. ``person_id``: somebody signed in connects another account.

    ``is_proof``: they confirm, by signing in there anew, that it is they who decide the step ``work_item_id``, or,
    without one, who change their own access.
    """

    state: str
    nonce: str
    verifier: str
    following: str
    at: float
    person_id: int | None = None
    work_item_id: int | None = None
    is_proof: bool = False


@dataclass(frozen=True, slots=True)
class _ToLink:
    """A proven account that nobody has yet, and the person whom it would open, as of their ``mark``."""

    issuer: str
    subject: str
    mail: str
    person_id: int
    mark: str
    following: str
    at: float
    is_own: bool

    @property
    def account(self) -> ProvenAccount:
        return ProvenAccount(self.issuer, self.subject, self.mail)


@blueprint.get("/sign-in/company")
@limit_failures(60)
@open_to_all
def begin() -> ResponseReturnValue:
    """Off to the provider. By a link and not a form: the policy of our pages lets forms lead nowhere else."""
    return _leave()


@blueprint.get("/sign-in/company/confirm/<int:work_item_id>")
@limit_failures(60)
def confirm(work_item_id: int) -> ResponseReturnValue:
    """Off to the provider, which asks anew who it is: so a decision is confirmed where there is no password."""
    _provider()
    with reading() as database_session:
        work_item_view(database_session, actor(), work_item_id, now())
    return _leave(work_item_id, is_proof=True)


@blueprint.get("/sign-in/company/confirm")
@limit_failures(60)
def confirm_own() -> ResponseReturnValue:
    """As ``confirm``, for who changes their own access."""
    return _leave(is_proof=True)


def _leave(work_item_id: int | None = None, *, is_proof: bool = False) -> ResponseReturnValue:
    provider, person, following = _provider(), signed_in(), local_path(request.args.get("next")) or ""
    try:
        begun = provider.begin(
            locale=chosen_locale(), chooses_account="other" in request.args and not is_proof, asks_anew=is_proof
        )
    except DomainError as error:
        return _failed(error, back_to=following if is_proof else "")
    kept = _Begun(
        state=begun.state,
        nonce=begun.nonce,
        verifier=begun.verifier,
        following=following if len(following) <= _LONGEST_NEXT else "",
        at=now().timestamp(),
        person_id=person.actor.person_id if person is not None else None,
        work_item_id=work_item_id,
        is_proof=is_proof,
    )
    session[_BEGUN] = [*session.get(_BEGUN, ()), asdict(kept)][-_MOST_BEGUN:]
    return redirect(begun.address)


def _stopped_here(tries: int) -> None:
    was_stopped(tries, way=SignInWay.PROVIDER)


@blueprint.get(CALLBACK)
@limit_failures(60, stopped=_stopped_here)
@open_to_all
def come_back() -> ResponseReturnValue:
    provider = _provider()
    begun = _taken(request.args.get("state", ""))
    if begun is None:
        return _failed(BegunElsewhere())
    try:
        account = _proven(provider, begun)
    except DomainError as error:
        _not_in(error, begun)
        return _failed(error, begun)
    try:
        return _admit(provider, begun, account)
    except DomainError as error:
        _not_in(error, begun, account)
        return _failed(error, begun, is_colleague=bool(provider.given.domains))


@blueprint.get("/sign-in/company/link")
@open_to_all
def ask() -> ResponseReturnValue:
    to_link = _to_link()
    return _failed(BegunElsewhere()) if to_link is None else _asked(to_link)


def _tried() -> str:
    to_link = _to_link()
    return f"link:{to_link.person_id if to_link is not None else ''}"


def _account_stopped(tries: int) -> None:
    to_link = _to_link()
    was_stopped(tries, way=SignInWay.PROVIDER, person_id=to_link.person_id if to_link is not None else None)


@blueprint.post("/sign-in/company/link")
@limit_failures(60, stopped=_stopped_here)
@limit_failures(10, _tried, stopped=_account_stopped)
@open_to_all
def link() -> ResponseReturnValue:
    """Connect the account with the person, and sign in; the next time no question is asked."""
    to_link = _to_link()
    if to_link is None:
        return _failed(BegunElsewhere())
    try:
        _ensure_password_known(to_link)
        with writing() as database_session:
            person = link_account(
                database_session,
                to_link.person_id,
                to_link.account,
                mark=to_link.mark,
                clock=services().clock,
            )
            actor = actor_of(database_session, person.id, now())
    except PasswordWrongHere as error:
        did_not_come_in(error, to_link.mail, way=SignInWay.PROVIDER, person_id=to_link.person_id)
        return _asked(to_link, error)
    except DomainError as error:
        session.pop(_TO_LINK, None)
        return _failed(error)
    start_session(person, actor)
    came_in(actor.person_id, SignInWay.PROVIDER)
    flash(_("Connected: from now on you sign in through %(provider)s.", provider=_provider().name), "success")
    return _go_on(to_link.following)


def _provider() -> OpenIdProvider:
    """Raises NotFound where the company has none."""
    provider = services().provider
    if provider is None:
        raise NotFound
    return provider


def _taken(state: str) -> _Begun | None:
    """What began under ``state`` in this browser: it serves once."""
    begun = [_Begun(**kept) for kept in session.get(_BEGUN, ())]
    found = next((one for one in begun if hmac.compare_digest(one.state.encode(), state.encode())), None)
    if found is None:
        return None
    session[_BEGUN] = [asdict(one) for one in begun if one is not found]
    return found if _is_fresh(found.at) else None


def _is_fresh(at: float) -> bool:
    return 0 <= now().timestamp() - at <= _LASTS.total_seconds()


def _proven(provider: OpenIdProvider, begun: _Begun) -> ProvenAccount:
    """Whose account came back. Raises what says why nobody's did."""
    given = request.args
    provider.ensure_itself(given.get("iss"))
    if "error" in given:
        told = given["error"] if _WORD.fullmatch(given["error"]) else N_("no reason was given")
        problem = N_("the sign-in was cancelled") if told == "access_denied" else told
        raise Cancelled(provider=provider.name, problem=problem)
    anew_since = datetime.fromtimestamp(begun.at, UTC) if begun.is_proof else None
    account = provider.finish(given.get("code", ""), nonce=begun.nonce, verifier=begun.verifier, anew_since=anew_since)
    ensure_domain_allowed(provider.given, account)
    return account


def _admit(provider: OpenIdProvider, begun: _Begun, account: ProvenAccount) -> ResponseReturnValue:
    """Sign in whom the account belongs to; one that is new is asked about first."""
    if begun.is_proof:
        return _confirmed(provider, begun, account)
    with reading() as database_session:
        person = person_of_account(database_session, account)
        if begun.person_id is not None:
            return _connect_own(database_session.get(Person, begun.person_id), begun, person, account)
        if person is None:
            return _ask_about(person_of_mail(database_session, account, provider.name), begun, account)
        actor = actor_of(database_session, person.id, now())
        start_session(person, actor)
    came_in(actor.person_id, SignInWay.PROVIDER)
    return _go_on(begun.following)


def _confirmed(provider: OpenIdProvider, begun: _Begun, account: ProvenAccount) -> ResponseReturnValue:
    """Raises BegunElsewhere, ProofOfAnother."""
    who = signed_in()
    if who is None or who.actor.person_id != begun.person_id:
        raise BegunElsewhere
    with reading() as database_session:
        person = person_of_account(database_session, account)
        if person is None or person.id != begun.person_id:
            raise ProofOfAnother(provider=provider.name)
    hold_proof(begun.work_item_id)
    return _go_on(begun.following)


def _not_in(error: DomainError, begun: _Begun, account: ProvenAccount | None = None) -> None:
    """Written down of who wanted to come in; who is in already only connects an account."""
    if begun.person_id is None:
        did_not_come_in(error, account.mail if account is not None else "", way=SignInWay.PROVIDER)


def _connect_own(
    own: Person | None, begun: _Begun, belongs_to: Person | None, account: ProvenAccount
) -> ResponseReturnValue:
    who = signed_in()
    if own is None or who is None or who.actor.person_id != own.id:
        raise BegunElsewhere
    if belongs_to is None:
        return _ask_about(own, begun, account)
    if belongs_to.id != own.id:
        raise AccountOfAnother
    return _go_on(begun.following)


def _ask_about(person: Person, begun: _Begun, account: ProvenAccount) -> ResponseReturnValue:
    """Remember the account until the person has said yes: a GET changes nothing, and the page can be loaded again."""
    ensure_linkable(person)
    to_link = _ToLink(
        issuer=account.issuer,
        subject=account.subject,
        mail=account.mail,
        person_id=person.id,
        mark=mark_of(person),
        following=begun.following,
        at=now().timestamp(),
        is_own=begun.person_id is not None,
    )
    session[_TO_LINK] = asdict(to_link)
    return redirect(url_for("company_sign_in.ask"), code=303)


def _to_link() -> _ToLink | None:
    kept = session.get(_TO_LINK)
    if kept is None:
        return None
    to_link, who = _ToLink(**kept), signed_in()
    if not _is_fresh(to_link.at) or (to_link.is_own and (who is None or who.actor.person_id != to_link.person_id)):
        return None
    return to_link


def _ensure_password_known(to_link: _ToLink) -> None:
    """Whoever has a password says it once: an address on a card, which others write, is not enough.

    Raises PasswordWrongHere.
    """
    try:
        with reading() as database_session, database_session.no_autoflush:
            person = database_session.get(Person, to_link.person_id)
            if person is not None and person.password_hash is not None:
                sign_in(database_session, person.login, request.form.get("password", ""))
    except SignInFailed:
        raise PasswordWrongHere from None


def _asked(to_link: _ToLink, error: DomainError | None = None) -> ResponseReturnValue:
    with reading() as database_session:
        person = database_session.get_one(Person, to_link.person_id)
        page = render_template(
            "sign_in/link_account.html",
            provider=_provider().name,
            mail=to_link.mail,
            following=to_link.following,
            person=person,
            has_password=person.password_hash is not None,
            password_error=error_text(error) if error is not None else "",
        )
    return page, _FAILED if error is not None else 200


def _go_on(following: str) -> ResponseReturnValue:
    return redirect(local_path(following) or url_for("home.show"), code=303)


def _failed(
    error: DomainError, begun: _Begun | None = None, *, is_colleague: bool = False, back_to: str = ""
) -> ResponseReturnValue:
    """A sentence where the person is: on the sign-in page, in their profile, or at the step that they decide.

    ``is_colleague``: somebody with a proven address of the company, who may read whom to ask. ``back_to`` is the page
    on which something is confirmed and from which somebody wanted to leave.
    """
    if begun is not None and begun.is_proof:
        back_to = begun.following
    if signed_in() is not None:
        if isinstance(error, BegunElsewhere) and begun is None:  # back and forth in the browser's history
            return redirect(url_for("home.show"), code=303)
        flash(error_text(error), "danger")
        return redirect(back_to or url_for("settings.show"), code=303)
    page = sign_in_page(
        problem=error_text(error),
        following=begun.following if begun else "",
        chooses_account=True,
        whom_to_ask=_administrators() if is_colleague else (),
    )
    return page, _UNREACHABLE if error.code == "provider_unreachable" else _FAILED


def _administrators() -> tuple[str, ...]:
    with reading() as database_session:
        return names_of_role(database_session, Role.ADMINISTRATOR, _MOST_NAMED)
