"""How large decisions may become: a map is told so when it is uploaded, not when a deal runs it."""

from __future__ import annotations

from typing import Final

MAX_RULES: Final = 1_000  # of one table
MAX_COLUMNS: Final = 50  # of one table, conditions and results together
MAX_CELLS: Final = 5_000  # of all decisions that a map uses
MAX_DECISIONS: Final = 100  # that a map uses
MAX_DEPTH: Final = 20  # decisions that need one another
MAX_TICKS: Final = 100_000  # of one evaluation, the decisions that are needed included
