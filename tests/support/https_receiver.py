"""A real https server of one test, on the loopback, with a certificate made for it: it receives webhook calls."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.local_server import LocalServer

from engine.clock import SystemClock


@dataclass
class HttpsReceiver(LocalServer):
    """Keeps what it got. ``status`` and ``answer`` are its answer; ``location`` is where it would send the caller on.

    ``lines`` are the first lines of the requests, as they came.
    """

    directory: Path
    status: int = 200
    location: str = ""
    answer: bytes = b""
    retry_after: str = ""
    lines: list[str] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.certificate = make_certificate(self.directory)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # http.server's name
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.got.append((dict(self.headers), body))
                receiver.lines.append(self.requestline)
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                if receiver.retry_after:
                    self.send_header("Retry-After", receiver.retry_after)
                self.send_header("Content-Length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            do_GET = do_PUT = do_POST  # noqa: N815  # http.server's names

            def log_message(self, *_: object) -> None:
                """Nothing is written among the tests' output."""

        self.serve(Handler, tls=(self.certificate, self.directory / "key.pem"))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/events?from=reglament"

    @property
    def host(self) -> str:
        """With its port."""
        return f"localhost:{self.port}"

    @property
    def tls(self) -> ssl.SSLContext:
        """Trusts this server alone."""
        return ssl.create_default_context(cafile=str(self.certificate))


def make_certificate(directory: Path) -> Path:
    """For the loopback, for a day. Its key stands beside it, in ``key.pem``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = SystemClock().now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    file = directory / "certificate.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return file
