"""Databases as an installation has them: made by the migrations, never by the model's metadata."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def build_schema(url: str) -> None:
    """Migrate the database at ``url`` to the newest version with the product's own command."""
    command = Path(sys.executable).with_name("reglament")
    subprocess.run([command, "migrate"], env={**os.environ, "DATABASE_URL": url}, check=True, capture_output=True)
