"""The installation's key, and values that only the installation itself can read."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import ClassVar

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import N_, DomainError
from engine.settings import Settings

_SECRET_BYTES = 32
_PURPOSE = b"reglament secrets of connectors"
_REPEATED = b"reglament secrets told again"


class SecretNotReadable(DomainError):
    """It was sealed under another key: the installation's SECRET_KEY was changed."""

    code: ClassVar[str] = "secret_not_readable"
    template: ClassVar[str] = N_("a secret was sealed with another key of the installation: type it in again")


def installation_key(settings: Settings) -> str:
    """The secret that the environment gives, else the one that the installation made for itself and keeps."""
    return settings.secret_key or _kept(settings.var / "secret_key")


def secret_of(key: str, *names: str) -> str:
    """256 bits that only the holder of the installation's ``key`` can make of ``names``, each time the same."""
    info = _REPEATED + b"".join(len(name.encode()).to_bytes(4) + name.encode() for name in names)
    made = HKDF(algorithm=SHA256(), length=_SECRET_BYTES, salt=None, info=info).derive(key.encode())
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


class Sealer:
    """Seals texts with a key that is derived from the installation's, and opens what it sealed."""

    def __init__(self, key: str) -> None:
        derived = HKDF(algorithm=SHA256(), length=_SECRET_BYTES, salt=None, info=_PURPOSE).derive(key.encode())
        self._box = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises SecretNotReadable."""
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SecretNotReadable from None


def _kept(file: Path) -> str:
    """Made once, readable by its owner only.

    Two processes that start together agree, because only one of them can create the file.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    if not file.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(_SECRET_BYTES), encoding="ascii")
        try:
            file.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was faster: its key is ours
        finally:
            draft.unlink()
    return file.read_text(encoding="ascii").strip()
