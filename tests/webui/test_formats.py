"""How values are written in the reader's language."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from webui.formats import money


@pytest.mark.parametrize(
    ("amount", "written"), [(Decimal(1793000), "1 793 000 ₴"), (Decimal("12.5"), "12,50 ₴"), (Decimal(0), "0 ₴")]
)
def test_the_end_of_a_line_does_not_part_an_amount_from_its_currency(app: Flask, amount: Decimal, written: str) -> None:
    """A telephone showed 1 793 000 at the end of a line and the sign alone on the next."""
    with app.test_request_context(), force_locale("uk"):
        assert money(amount) == written.replace(" ", "\N{NO-BREAK SPACE}")
