"""What can be wrong with a value that was typed, beyond what every form knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.bpmn.compiled import FieldDefinition
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldOutOfRange


class FieldTooSmall(FieldOutOfRange):
    code = "field_too_small"
    template = N_("“%(label)s” must be at least %(minimum)s.")


class FieldTooLarge(FieldOutOfRange):
    code = "field_too_large"
    template = N_("“%(label)s” must be at most %(maximum)s.")


class FieldTooLong(FieldOutOfRange):
    code = "field_too_long"
    template = N_("“%(label)s” is too long (characters at most: %(maximum)s).")


class FieldDoesNotFit(FieldNotUnderstood):
    """The value does not have the form that the map demands."""

    code = "field_does_not_fit"
    template = N_("“%(value)s” does not have the form that “%(label)s” needs. %(help)s")


_MOST_CHOICES_TOLD, _LONGEST_CHOICE_TOLD = 6, 60


class NotAChoice(FieldNotUnderstood):
    """None of the field's choices is called so: the first of them are told."""

    template = N_("“%(value)s” is no choice of “%(label)s”. Choose from: %(choices)s.")


class NotAmongChoices(NotAChoice):
    """The same of a field with too many choices to tell them all. ``more`` counts the others."""

    template = N_("“%(value)s” is no choice of “%(label)s”. Choose from: %(choices)s and %(more)s more.")


def not_a_choice(field: FieldDefinition, value: str) -> NotAChoice:
    """The error of a ``value`` that names no choice of the field, in few words however many choices there are."""
    told = [_cut(one.label or one.value) for one in field.choices[:_MOST_CHOICES_TOLD]]
    more = len(field.choices) - len(told)
    params = {"value": value, "label": field.label or field.name, "choices": told}
    return NotAmongChoices(field.name, **params, more=more) if more else NotAChoice(field.name, **params)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CHOICE_TOLD else f"{text[: _LONGEST_CHOICE_TOLD - 1]}…"


class FieldTooShort(FieldOutOfRange):
    code = "field_too_short"
    template = N_("“%(label)s” is too short (characters at least: %(minimum)s).")


class TooFewEntries(FieldOutOfRange):
    code = "too_few_entries"
    template = N_("“%(label)s” has too few entries (at least: %(minimum)s).")


class TooManyEntries(FieldOutOfRange):
    code = "too_many_entries"
    template = N_("“%(label)s” has too many entries (at most: %(maximum)s).")


class LinesNeedAttention(DomainError):
    """Cells of a table cannot be accepted. ``errors`` holds each, by ``<place of the line from 0>.<column>``.

    ``lines`` is what could be read, for reckoning with it meanwhile.
    """

    code = "lines_need_attention"
    template = N_("Some lines of “%(label)s” need attention.")

    def __init__(
        self, errors: Mapping[str, DomainError], lines: Sequence[Mapping[str, Any]], field: str, label: str
    ) -> None:
        super().__init__(field, label=label)
        self.errors, self.lines = errors, lines
