"""A small OpenID Connect provider on the loopback: real https, real keys, codes that serve once, PKCE.

It does what providers do, and what those do who want in: ``forge`` puts another token in place of the one it signs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from support.https_receiver import make_certificate
from support.local_server import LocalServer

from engine.clock import Clock, SystemClock

CLIENT_ID = "reglament-of-example"
CLIENT_SECRET = "a secret of the client/+%"
_LASTS_S = 300

Claims = dict[str, Any]


@dataclass
class OpenIdServer(LocalServer):
    """``account`` holds the claims of whoever is signed in there.

    ``forge`` makes the id_token of the claims that an honest one would have. ``status`` and ``answer``, where they are
    set, are given to whatever is asked. ``metadata`` changes what the provider says of itself. ``userinfo`` is what it
    tells who brings an access token.
    """

    directory: Path
    clock: Clock = field(default_factory=SystemClock)
    account: Claims = field(default_factory=dict)
    forge: Callable[[Claims], str] | None = None
    status: int = 200
    answer: bytes | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.certificate = make_certificate(self.directory)
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self._access_tokens: set[str] = set()
        self._codes: dict[str, tuple[dict[str, str], Claims]] = {}
        self.serve(_handler(self), tls=(self.certificate, self.directory / "key.pem"))

    @property
    def issuer(self) -> str:
        return f"https://localhost:{self.port}"

    def behave(self, clock: Clock) -> None:
        """As at first: what one test asked for does not reach the next."""
        self.clock, self.account, self.forge = clock, {}, None
        self.status, self.answer, self.metadata, self.userinfo = 200, None, {}, {}
        self.asked.clear()
        self._codes.clear()

    def change_key(self, kid: str) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})

    def authorize(self, address: str, **claims: Any) -> str:
        """Whoever is sent to ``address`` signs in here as the account of ``claims``; where the browser goes then."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_urlsafe(16)
        self._codes[code] = (asked, claims or dict(self.account))
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def sign(self, claims: Claims, header: dict[str, str] | None = None) -> str:
        return jwt.encode({"alg": "RS256", "kid": str(self.key.kid), **(header or {})}, claims, self.key)

    def told(self, path: str) -> dict[str, Any]:
        """What it answers to a question without secrets."""
        if path == "/keys":
            return dict(KeySet([self.key]).as_dict(private=False))
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **self.metadata,
        }

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """A code for a token, once, and only to whom it was given."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        asked, account = self._codes.pop(form.get("code", ""), ({}, {}))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            not asked
            or asked.get("code_challenge_method") != "S256"
            or asked.get("code_challenge") != challenge.decode().rstrip("=")
            or asked.get("redirect_uri") != form.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        now = int(self.clock.now().timestamp())
        claims = {"iss": self.issuer, "aud": asked["client_id"], "iat": now, "exp": now + _LASTS_S}
        claims |= {"nonce": asked.get("nonce"), **account}
        token = self.sign(claims) if self.forge is None else self.forge(claims)
        access_token = secrets.token_urlsafe(16)
        self._access_tokens.add(f"Bearer {access_token}")
        return 200, {"access_token": access_token, "token_type": "Bearer", "id_token": token}


def _handler(provider: OpenIdServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            path = urlsplit(self.path).path
            provider.asked.append(path)
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(self.path))
                self.end_headers()
            elif path == "/userinfo":
                is_known = self.headers.get("Authorization") in provider._access_tokens
                self._answer(200 if is_known else 401, provider.userinfo)
            else:
                self._answer(200, provider.told(path))

        def do_POST(self) -> None:  # http.server's name
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer(*provider.exchange({name: values[0] for name, values in parse_qs(body).items()}))

        def _answer(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told).encode() if provider.answer is None else provider.answer
            self.send_response(status if provider.status == 200 else provider.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is written among the tests' output."""

    return Handler
