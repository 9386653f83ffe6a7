from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF

from engine.adapters.company_seal import CompanySeal

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WHO_SEALED = """
import sys
from engine.policy.sealed_paper import sealed_by
print(sealed_by(open(sys.argv[1], "rb").read()).owner)
"""


def paper() -> bytes:
    drawn = FPDF()
    drawn.add_page()
    return bytes(drawn.output())


def test_a_process_that_never_sealed_anything_reads_a_seal(tmp_path: Path) -> None:
    """The libraries that seal teach those that read some names: `reglament sheet verify` loads the latter only."""
    sealed = tmp_path / "sealed.pdf"
    sealed.write_bytes(CompanySeal(tmp_path / "keys", owner="Northwind").sealed(paper(), reason="Sheet", at=NOON))
    done = subprocess.run([sys.executable, "-c", WHO_SEALED, sealed], check=False, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("Northwind\n", "")
