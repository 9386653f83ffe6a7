"""How large an expression, and what it makes, may become. The limits are part of the language (docs: SAFETY)."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context
from typing import Final

MAX_CHARACTERS: Final = 2_000
MAX_TOKENS: Final = 400
MAX_DEPTH: Final = 40  # brackets and operators inside one another
MAX_TICKS: Final = 10_000  # steps of one evaluation
MAX_TEXT_MADE: Final = 10_000  # characters of a text that an expression makes
MAX_TEXT_READ: Final = 100_000  # characters of a variable that an expression reads
MAX_ITEMS: Final = 1_000  # of a list that an expression walks or makes
MAX_RESULT_NODES: Final = 10_000  # values inside one result
MAX_INTEGER_BITS: Final = 113  # 34 decimal digits
MAX_POWER: Final = 999
MAX_DECIMAL_EXPONENT: Final = 6_144
MAX_TIME_TEXT: Final = 40  # characters of a date, a moment or a duration
MAX_SCRIPT_CHARACTERS: Final = 20_000
MAX_ASSIGNMENTS: Final = 200

NUMBERS: Final = Context(
    prec=34, rounding=ROUND_HALF_EVEN, Emax=MAX_DECIMAL_EXPONENT, Emin=1 - MAX_DECIMAL_EXPONENT
)  # IEEE 754 decimal128, as DMN prescribes for FEEL
