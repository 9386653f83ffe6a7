"""Templates of calls: text with ``{{ expressions }}`` and ``{{ secret.NAME }}`` in it, read once at upload."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.bpmn.compiled import TemplatePart
from engine.bpmn.expressions import ExpressionRefused, compile_expression

LONGEST_TEMPLATE = 20_000
_MOST_PLACES = 100
_SHOWN = 80
_OPEN, _CLOSE = "{{", "}}"
_SECRET = re.compile(r"(?:secret|секрет)\.([A-Za-z][A-Za-z0-9_-]{0,63})")


class TemplateNotUnderstood(ValueError):
    """``text`` is the piece that cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text.strip()[:_SHOWN]


@dataclass(frozen=True, slots=True)
class ReadTemplate:
    """``expressions`` are the texts of the places, by the name of their parameter."""

    parts: tuple[TemplatePart, ...]
    expressions: dict[str, str]


def read_template(text: str, name: str) -> ReadTemplate:
    """Read ``text``; its places become the parameters ``<name>#1``, ``<name>#2`` and so on.

    A text that is marked as an expression altogether is one place. Raises TemplateNotUnderstood.
    """
    if len(text) > LONGEST_TEMPLATE:
        raise TemplateNotUnderstood(text)
    if is_whole_expression(text):
        return ReadTemplate((TemplatePart(value=f"{name}#1"),), {f"{name}#1": _readable(text, text)})
    parts: list[TemplatePart] = []
    expressions: dict[str, str] = {}
    rest = text
    while rest:
        before, found, behind = rest.partition(_OPEN)
        if before:
            parts.append(TemplatePart(text=before))
        if not found:
            break
        inside, closed, rest = behind.partition(_CLOSE)
        if not closed:
            raise TemplateNotUnderstood(found + inside)
        secret = _SECRET.fullmatch(inside.strip())
        if secret is not None:
            parts.append(TemplatePart(secret=secret.group(1)))
            continue
        parameter = f"{name}#{len(expressions) + 1}"
        expressions[parameter] = _readable(inside.strip(), inside)
        parts.append(TemplatePart(value=parameter))
        if len(expressions) > _MOST_PLACES:
            raise TemplateNotUnderstood(text)
    return ReadTemplate(tuple(parts), expressions)


def is_whole_expression(text: str) -> bool:
    """Whether the text is marked as one expression: ``= deal.amount`` or ``${amount}``."""
    stripped = text.strip()
    return (stripped.startswith("=") and not stripped.startswith("==")) or stripped.startswith(("${", "#{"))


def is_json(content_type: str) -> bool:
    """Whether a body of that type is JSON; it is where nothing is said."""
    kind = content_type.partition(";")[0].strip().casefold()
    return not kind or kind == "application/json" or kind.endswith("+json")


def secrets_in(templates: Iterable[tuple[TemplatePart, ...]]) -> frozenset[str]:
    """The names of the secrets that the templates speak of."""
    return frozenset(part.secret for parts in templates for part in parts if part.secret)


def _readable(text: str, whole: str) -> str:
    try:
        compile_expression(text)
    except ExpressionRefused as refused:
        raise TemplateNotUnderstood(whole) from refused
    return text
