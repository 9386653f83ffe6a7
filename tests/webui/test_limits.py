from __future__ import annotations

from contextlib import ExitStack

import pytest
from flask import Flask
from werkzeug.exceptions import TooManyRequests

from webui.limits import counted_first


def test_tries_that_are_still_being_looked_at_count_already(app: Flask) -> None:
    """Many guesses at the same instant are no more than as many one after another."""
    with app.test_request_context(), ExitStack() as together:
        take_back = [together.enter_context(counted_first(10, "proof:parallel")) for _ in range(10)]
        with pytest.raises(TooManyRequests):
            together.enter_context(counted_first(10, "proof:parallel"))
        for right in take_back[:2]:  # and the one that was refused counts
            right()
        together.enter_context(counted_first(10, "proof:parallel"))
        together.enter_context(counted_first(10, "proof:other"))
