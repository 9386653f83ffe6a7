"""How often the API may be called: by one caller, and with wrong tokens from one address.

Counted per minute in the memory of each web process: a call costs no question to Redis for it. Several processes let
through as many times more, which is still far from what guessing a token of 256 bits would take.
"""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import ClassVar

from engine.clock import monotonic
from engine.errors import N_, DomainError

CALLS_A_MINUTE = 120_000
REFUSALS_A_MINUTE = 120
WINDOW_S = 60


class TooManyCalls(DomainError):
    code: ClassVar[str] = "too_many_calls"
    template: ClassVar[str] = N_("Wait as long as Retry-After says and try again.")


class CallLimits:
    """Counts of the present minute; those of the one before are forgotten.

    Who was recognised once is not held up by what others at the same address send: a program with an old token, say.
    Nor is who sends no token: a browser's session is signed, there is nothing to guess.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._window = 0
        self._calls: Counter[int | str] = Counter()
        self._refusals: Counter[str] = Counter()
        self._recognised: set[int | str] = set()

    def count_call(self, caller: int | str, address: str, *, by_token: bool) -> None:
        """``caller`` is whatever tells one caller from another. Raises TooManyCalls."""
        with self._lock:
            self._begin_window()
            self._calls[caller] += 1
            may_be_guess = by_token and caller not in self._recognised
            if (may_be_guess and self._refusals[address] >= REFUSALS_A_MINUTE) or self._calls[caller] > CALLS_A_MINUTE:
                raise TooManyCalls(wait_s=WINDOW_S - int(monotonic()) % WINDOW_S)

    def recognise(self, caller: int | str) -> None:
        """``caller`` has said who they are."""
        if caller not in self._recognised:
            with self._lock:
                self._recognised.add(caller)

    def count_refusal(self, address: str) -> None:
        """A wrong token came from ``address``."""
        with self._lock:
            self._begin_window()
            self._refusals[address] += 1

    def _begin_window(self) -> None:
        window = int(monotonic()) // WINDOW_S
        if window != self._window:
            self._window = window
            self._calls.clear()
            self._refusals.clear()
