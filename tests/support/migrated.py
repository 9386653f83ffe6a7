"""Databases as an installation has them: made by the migrations, never by the model's metadata."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def build_schema(url: str) -> None:
    """Migrate the database at ``url`` to the newest version with the product's own command."""
    command = Path(sys.executable).with_name("reglament")
    environment = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run([command, "migrate"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
