"""The forms of an upload that its steps may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FormFile:
    """A form in JSON. ``document`` is empty where it could not be read."""

    document: Mapping[str, Any] = field(default_factory=dict)


Forms = Mapping[str, FormFile]
"""By the form's id, and by the name of its file."""
