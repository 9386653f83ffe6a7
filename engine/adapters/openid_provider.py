"""The provider of the company's own accounts, asked over https: OpenID Connect, authorization code flow with PKCE.

Authlib and joserfc know the protocol and the signatures. The exchange itself is ``https_calls``': bounded in time and
size, and following no redirect, so that a provider that hangs holds nobody up for long.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from engine.adapters.https_calls import AnswerTooLarge, CallUnreachable, HttpsAnswer, HttpsCall, HttpsCaller
from engine.adapters.kept_answers import KeptAnswer
from engine.clock import Clock
from engine.errors import N_, DomainError
from engine.policy.company_sign_in import CompanySignIn, ProvenAccount, proven_account

SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""By a key that the provider alone has. Never ``none``, and never by our secret, as HS256 would be."""

_KEPT_FOR = timedelta(hours=1)
_LEEWAY_S = 120
_CLOCKS_DIFFER_S = 30
_RANDOM_BYTES = 32
_OK, _SERVER_FAILED = 200, 500
_LONGEST_CODE = 8192

_logger = logging.getLogger(__name__)


class ProviderUnreachable(DomainError):
    """``problem`` is what was answered, for whoever runs the server."""

    code: ClassVar[str] = "provider_unreachable"
    template: ClassVar[str] = N_(
        "%(provider)s does not answer now. Try again in a minute, or sign in by your password."
    )


class ProviderSetUpWrong(DomainError):
    """``problem`` says what, for whoever runs the server."""

    code: ClassVar[str] = "provider_set_up_wrong"
    template: ClassVar[str] = N_(
        "Sign-in through %(provider)s is not set up rightly. Tell whoever runs the server: the log says what is wrong."
    )


class CodeRefused(DomainError):
    """It was used already, is too old, or is another installation's."""

    code: ClassVar[str] = "provider_code_refused"
    template: ClassVar[str] = N_("This sign-in is over. Begin again.")


class AnswerNotTrusted(DomainError):
    """What came as the provider's word is not provably its own, or is not about this sign-in."""

    code: ClassVar[str] = "provider_not_trusted"
    template: ClassVar[str] = N_(
        "What came back from %(provider)s cannot be trusted, so nobody was signed in. Begin again; if it happens once "
        "more, tell your administrator."
    )


class SignInTimeUntold(DomainError):
    """What confirms a decision must have happened now, and the provider does not say when it did."""

    code: ClassVar[str] = "provider_tells_no_time"
    template: ClassVar[str] = N_(
        "%(provider)s does not say when you signed in there, so it cannot confirm a decision. Use your password; what "
        "makes the provider say it stands in the how-to for administrators."
    )


class NotSignedInAnew(DomainError):
    code: ClassVar[str] = "not_signed_in_anew"
    template: ClassVar[str] = N_(
        "%(provider)s let you pass without asking who you are, so nothing is confirmed. Try again, or use your "
        "password."
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that began: ``address`` is where the person goes; the rest stays with their browser until they return.

    ``state`` ties the return to this browser, ``nonce`` the provider's word to this sign-in, ``verifier`` the code to
    whoever began.
    """

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    sends_secret_in_body: bool
    names_itself: bool


class OpenIdProvider:
    """Threads may ask at once. What the provider says of itself, and its keys, are kept for an hour."""

    def __init__(self, given: CompanySignIn, caller: HttpsCaller, clock: Clock) -> None:
        self.given = given
        self._caller = caller
        self._clock = clock
        self._metadata = KeptAnswer[_Metadata](clock, _KEPT_FOR)
        self._keys = KeptAnswer[KeySet](clock, _KEPT_FOR)

    @property
    def name(self) -> str:
        return self.given.name

    def look(self) -> None:
        """Whether the provider answers and can be understood. Raises ProviderUnreachable, ProviderSetUpWrong."""
        self._key_set(self._metadata_now())

    def begin(self, *, locale: str, chooses_account: bool = False, asks_anew: bool = False) -> Begun:
        """``chooses_account``: the provider asks which account, also where there is one only.

        ``asks_anew``: it asks who it is, also whoever is signed in there (OIDC Core 3.1.2.1), and says when it did.

        Raises ProviderUnreachable, ProviderSetUpWrong.
        """
        metadata = self._metadata_now()
        state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        of_one_domain = self.given.is_google and len(self.given.domains) == 1
        address = prepare_grant_uri(
            metadata.authorization,
            self.given.client_id,
            "code",
            redirect_uri=self.given.redirect_uri,
            scope="openid email",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            ui_locales=locale,
            hd=self.given.domains[0] if of_one_domain else None,
            prompt="login" if asks_anew else "select_account" if chooses_account else None,
            max_age="0" if asks_anew else None,
        )
        return Begun(address, state, nonce, verifier)

    def ensure_itself(self, issuer: str | None) -> None:
        """That a return comes from this provider and no other (RFC 9207). Raises AnswerNotTrusted."""
        if issuer is None and not self._metadata_now().names_itself:
            return
        if issuer != self.given.issuer:
            raise self._not_trusted(f"the answer names the issuer {issuer!r}")

    def finish(self, code: str, *, nonce: str, verifier: str, anew_since: datetime | None = None) -> ProvenAccount:
        """Whose account it is. A code serves once. ``anew_since``: who it is must have been asked since that moment.

        Raises ProviderUnreachable, ProviderSetUpWrong, CodeRefused, AnswerNotTrusted, SignInTimeUntold,
        NotSignedInAnew.
        """
        if not code or len(code) > _LONGEST_CODE:
            raise CodeRefused
        metadata = self._metadata_now()
        told = self._exchange(metadata, code, verifier)
        id_token, access_token = (_text_in(told, name) for name in ("id_token", "access_token"))
        if id_token is None:
            raise self._not_trusted("no id_token came for the code")
        try:
            token = self._verified(metadata, id_token)
            self._ensure_meant_for_us(token, nonce, access_token)
            if anew_since is not None:
                self._ensure_anew(token, anew_since)
            return proven_account(self.given, token.claims | self._mail_of(metadata, token, access_token))
        except (JoseError, ValueError, TypeError, KeyError) as failure:
            raise self._not_trusted(f"{type(failure).__name__}: {failure}") from failure

    def _mail_of(self, metadata: _Metadata, token: jwt.Token, access_token: str | None) -> dict[str, Any]:
        """The address, where the token leaves it to be asked for, as the standard lets providers do (OIDC Core 5.4).

        Not from Microsoft: what would vouch for the address stands in the token alone. Raises ValueError for an answer
        about somebody else (5.3.2).
        """
        is_told = "email" in token.claims or self.given.is_microsoft
        if is_told or metadata.userinfo is None or not access_token:
            return {}
        headers = {"Accept": "application/json", "Authorization": f"Bearer {access_token}"}
        answer = self._call("GET", metadata.userinfo, headers, None)
        if answer.status != _OK:
            _logger.warning("%s answers %s", metadata.userinfo, answer.status)
            return {}
        told = self._read(answer)
        if told.get("sub") != token.claims.get("sub"):
            msg = "userinfo is about somebody else"
            raise ValueError(msg)
        return {name: told[name] for name in ("email", "email_verified") if name in told}

    def _verified(self, metadata: _Metadata, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=SIGNATURES, strict_check_header=False)
        try:
            return jwt.decode(id_token, self._key_set(metadata), registry=registry)
        except InvalidKeyIdError:  # keys are changed from time to time
            self._keys.forget()
            return jwt.decode(id_token, self._key_set(metadata), registry=registry)

    def _ensure_meant_for_us(self, token: jwt.Token, nonce: str, access_token: str | None) -> None:
        """Raises JoseError."""
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": self.given.issuer},
                "aud": {"essential": True, "value": self.given.client_id},
                "exp": {"essential": True},
                "nonce": {"essential": True},
            },
            {"nonce": nonce, "client_id": self.given.client_id, "access_token": access_token},
        )
        claims.validate(now=int(self._clock.now().timestamp()), leeway=_LEEWAY_S)
        told = token.claims["nonce"]
        if not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
            raise JoseError(description="another nonce")

    def _ensure_anew(self, token: jwt.Token, since: datetime) -> None:
        """Raises SignInTimeUntold, NotSignedInAnew, TypeError, ValueError."""
        told = token.claims.get("auth_time")
        if told is None:
            raise SignInTimeUntold(provider=self.name)
        if isinstance(told, bool) or not isinstance(told, int | float):
            msg = "auth_time is no number"
            raise TypeError(msg)
        if told < int(since.timestamp()) - _CLOCKS_DIFFER_S:
            raise NotSignedInAnew(provider=self.name)
        if told > self._clock.now().timestamp() + _LEEWAY_S:
            msg = "auth_time lies ahead"
            raise ValueError(msg)

    def _exchange(self, metadata: _Metadata, code: str, verifier: str) -> dict[str, Any]:
        auth = ClientAuth(
            self.given.client_id,
            self.given.client_secret,
            "client_secret_post" if metadata.sends_secret_in_body else "client_secret_basic",
        )
        form = prepare_token_request(
            "authorization_code", redirect_uri=self.given.redirect_uri, code=code, code_verifier=verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        address, headers, body = auth.prepare("POST", metadata.token, headers, form)
        answer = self._call("POST", address, headers, body.encode())
        if answer.status == _OK:
            return self._read(answer)
        problem = self._problem_of(answer)
        if problem == "invalid_grant":
            raise CodeRefused
        raise self._set_up_wrong(f"{metadata.token} answers {answer.status} {problem}")

    def _metadata_now(self) -> _Metadata:
        return self._metadata.get(self._discover)

    def _discover(self) -> _Metadata:
        told = self._ask(f"{self.given.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self.given.issuer:
            raise self._set_up_wrong(f"OIDC_ISSUER is {self.given.issuer}, the provider says {told.get('issuer')!r}")
        methods = told.get("token_endpoint_auth_methods_supported")
        return _Metadata(
            authorization=self._address(told, "authorization_endpoint"),
            token=self._address(told, "token_endpoint"),
            keys=self._address(told, "jwks_uri"),
            userinfo=self._address(told, "userinfo_endpoint") if "userinfo_endpoint" in told else None,
            sends_secret_in_body=isinstance(methods, list) and "client_secret_post" in methods,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
        )

    def _address(self, told: dict[str, Any], name: str) -> str:
        address = told.get(name)
        if not isinstance(address, str) or not _is_https(address):
            raise self._set_up_wrong(f"the provider's {name} is {address!r}")
        return address

    def _key_set(self, metadata: _Metadata) -> KeySet:
        return self._keys.get(lambda: self._read_keys(metadata))

    def _read_keys(self, metadata: _Metadata) -> KeySet:
        told = self._ask(metadata.keys)
        try:
            signing = [key for key in told["keys"] if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]
            return KeySet.import_key_set({"keys": signing})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as failure:
            raise self._set_up_wrong(f"{metadata.keys} holds no keys: {failure}") from failure

    def _ask(self, address: str) -> dict[str, Any]:
        answer = self._call("GET", address, {"Accept": "application/json"}, None)
        if answer.status != _OK:
            raise self._set_up_wrong(f"{address} answers {answer.status}")
        return self._read(answer)

    def _call(self, method: str, address: str, headers: dict[str, str], body: bytes | None) -> HttpsAnswer:
        parts = urlsplit(address)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        call = HttpsCall(method, parts.hostname or "", parts.port or 443, target or "/", headers, body)
        try:
            answer = self._caller.call(call)
        except (CallUnreachable, AnswerTooLarge) as failure:
            raise self._unreachable(str(failure)) from failure
        if answer.status >= _SERVER_FAILED:
            raise self._unreachable(f"{address} answers {answer.status}")
        return answer

    def _read(self, answer: HttpsAnswer) -> dict[str, Any]:
        try:
            told = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            told = None
        if not isinstance(told, dict):
            raise self._set_up_wrong("the provider answers with something that is no JSON object")
        return told

    def _problem_of(self, answer: HttpsAnswer) -> str:
        try:
            told = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            return ""
        return str(told.get("error", ""))[:100] if isinstance(told, dict) else ""

    def _unreachable(self, problem: str) -> ProviderUnreachable:
        _logger.warning("sign-in through %s: %s", self.name, problem)
        return ProviderUnreachable(provider=self.name, problem=problem)

    def _set_up_wrong(self, problem: str) -> ProviderSetUpWrong:
        _logger.error("sign-in through %s: %s", self.name, problem)
        return ProviderSetUpWrong(provider=self.name, problem=problem)

    def _not_trusted(self, problem: str) -> AnswerNotTrusted:
        _logger.warning("sign-in through %s was refused: %s", self.name, problem)
        return AnswerNotTrusted(provider=self.name)


def _text_in(told: dict[str, Any], name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else None


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        return False
