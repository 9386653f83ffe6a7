"""A file of decisions as it was drawn: texts with their places, before anything is understood of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

_NO_IDENTIFIER: Final = re.compile(r"[^\w]+")
_TEXT: Final = r'"(?:[^"\\\n]|\\.)*+"'


@dataclass(frozen=True, slots=True)
class DrawnText:
    """An expression with the language that the file says for it (empty: FEEL)."""

    text: str = ""
    language: str = ""
    line: int | None = None


@dataclass(slots=True)
class DrawnInput:
    label: str
    expression: DrawnText
    type_name: str
    allowed: DrawnText
    value_name: str = ""
    line: int | None = None


@dataclass(slots=True)
class DrawnOutput:
    name: str
    label: str
    type_name: str
    allowed: DrawnText
    default: DrawnText
    line: int | None = None


@dataclass(slots=True)
class DrawnRule:
    inputs: list[DrawnText]
    outputs: list[DrawnText]
    annotations: list[str]
    line: int | None = None


@dataclass(slots=True)
class DrawnTable:
    hit_policy: str
    aggregation: str
    inputs: list[DrawnInput]
    outputs: list[DrawnOutput]
    rules: list[DrawnRule]
    annotation_names: list[str]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DrawnType:
    """A type that the file defines: of which type it is in the end, and which values it allows."""

    base: str
    allowed: DrawnText


@dataclass(slots=True, eq=False)
class DrawnDecision:
    """``logic`` is a table, an expression, or the name of a construct that stands there; empty for no logic at all.

    ``requires`` are references to other decisions, ``knowledge`` to functions (business knowledge models).
    """

    source_id: str
    name: str
    variable: str
    type_name: str
    logic: DrawnTable | DrawnText | str
    requires: list[str]
    knowledge: list[str]
    file: DecisionFile
    line: int | None = None

    @property
    def title(self) -> str:
        return self.name or self.source_id


@dataclass(slots=True, eq=False)
class DecisionFile:
    """``names`` maps every name of the file that is no identifier ("Monthly income") to the identifier for it."""

    file: str
    types: Mapping[str, DrawnType] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    decisions: list[DrawnDecision] = field(default_factory=list)
    _pattern: re.Pattern[str] | None = None

    def know(self, names: Iterable[str]) -> None:
        self.names |= {name: identifier(name) for name in names if name and not name.isidentifier()}
        longest_first = sorted(self.names, key=len, reverse=True)
        patterns = [r"\s+".join(re.escape(word) for word in name.split()) for name in longest_first]
        self._pattern = re.compile(rf"{_TEXT}|(?<!\w)(?:{'|'.join(patterns)})(?!\w)") if patterns else None

    def with_identifiers(self, text: str) -> str:
        """The text with each such name, longest first, replaced; what stands in quotation marks is left alone."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self.names.get(" ".join(found[0].split()), found[0]), text)


def identifier(name: str) -> str:
    """The name as expressions and conditions write it: "Monthly income" is ``Monthly_income``."""
    found = _NO_IDENTIFIER.sub("_", name.strip()).strip("_")
    return found if found.isidentifier() else f"value_{found}".rstrip("_")


@dataclass(slots=True)
class DecisionShelf:
    """All files of decisions that came with one map."""

    files: list[DecisionFile] = field(default_factory=list)

    def decisions(self) -> Iterator[DrawnDecision]:
        for one in self.files:
            yield from one.decisions

    def with_id(self, reference: str) -> list[DrawnDecision]:
        """The decisions of that id, with or without a namespace in front ("file.dmn#discount")."""
        short = reference.rpartition("#")[2]
        return [one for one in self.decisions() if one.source_id in {reference, short}]

    def with_name(self, name: str) -> list[DrawnDecision]:
        wanted = " ".join(name.split()).casefold()
        return [one for one in self.decisions() if wanted and one.name.casefold() == wanted]
