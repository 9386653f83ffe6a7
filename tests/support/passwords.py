"""Hashes of passwords that cost a test nothing. Servers that tests start make them as an installation does."""

from __future__ import annotations

from argon2 import PasswordHasher

from engine.commands import people

SHIPPED = people._hasher
"""What an installation hashes with."""

_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hash_passwords_cheaply() -> None:
    """From now on, in this process."""
    people._hasher = _CHEAP
    people._NOBODY = people._hash_that_nothing_fits()
