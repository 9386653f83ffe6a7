"""The forms of an upload that its steps may name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class FormFile:
    """A form in JSON. ``document`` is empty where it could not be read.

    ``file`` is its path in the upload, empty for one that stands in the map; ``is_asked`` when a step names it.
    """

    document: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    is_asked: bool = False


Forms = Mapping[str, FormFile]
"""By the form's id, and by the name of its file."""


def ask_form(forms: Forms, name: str) -> FormFile | None:
    """The form of that name, in whatever folder a step looks for it."""
    found = forms.get(name) or forms.get(name.rpartition("/")[2])
    if found is not None:
        found.is_asked = True
    return found


def unasked_forms(forms: Forms, files: Iterable[str]) -> tuple[str, ...]:
    """Those of ``files`` that hold no form which a step names."""
    asked = {form.file for form in forms.values() if form.is_asked}
    return tuple(file for file in files if file not in asked)
