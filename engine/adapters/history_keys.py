"""The private keys that sign the history: files that only their owner may read, in a folder outside the database."""

from __future__ import annotations

import os
from errno import EINVAL
from pathlib import Path
from typing import ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from engine.errors import N_, DomainError
from engine.policy.history_signatures import key_id_of


class SigningKeyMissing(DomainError):
    """The private key is not in the folder, or is none: nothing can be signed with it."""

    code: ClassVar[str] = "signing_key_missing"
    template: ClassVar[str] = N_(
        "the key %(key)s that signs the history is not in %(folder)s: bring it back, "
        "or start a new one with `reglament history new-key --lost`"
    )


class HistoryKeys:
    """``folder`` is made with the first key. A key is named by its id; its file is ``history-<id>.pem``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self) -> str:
        """Make and keep a new key; its public half in hex."""
        private = Ed25519PrivateKey.generate()
        public_key = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        is_first = not self._folder.exists()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._file(key_id_of(public_key))
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            stream.flush()
            os.fsync(stream.fileno())
        _keep_names(self._folder)
        if is_first:
            _keep_names(self._folder.parent)
        return public_key

    def has(self, key_id: str) -> bool:
        return self._file(key_id).is_file()

    def opened(self, key_id: str) -> Ed25519PrivateKey:
        """Raises SigningKeyMissing."""
        try:
            key = load_pem_private_key(self._file(key_id).read_bytes(), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
            raise SigningKeyMissing(key=key_id, folder=str(self._folder)) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningKeyMissing(key=key_id, folder=str(self._folder))
        return key

    def destroy(self, key_id: str) -> None:
        """After this nobody can sign with it any more, whoever comes later."""
        self._file(key_id).unlink(missing_ok=True)

    def _file(self, key_id: str) -> Path:
        return self._folder / f"history-{key_id}.pem"


def _keep_names(folder: Path) -> None:
    """A file whose bytes are on the disk is lost in a power cut as long as its name is not there, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as failure:
        if failure.errno != EINVAL:  # some network's file systems have nothing to keep of a folder
            raise
    finally:
        os.close(descriptor)
