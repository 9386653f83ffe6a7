"""What went wrong, and what is noticed about a map, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.bpmn.finding_texts import message_template, remedy_template
from engine.bpmn.findings import Finding
from engine.errors import N_, DomainError, InvalidInput
from engine.policy.simultaneous_edits import EditedMeanwhile
from webui.failure_words import failure_words
from webui.formats import day, number, when
from webui.i18n import _
from webui.variable_words import VARIABLE_PLACES, variables_in

# Places that the engine fills with its own marked words ("a date", "the step is somebody else's"): translated too.
_MARKED_PLACES = frozenset({"reason", "expected", "problem", "what", "kind", "limit", "label"})

# Places that hold names, each told in quotation marks.
_NAMES = frozenset({"elements", "choices", "names"})

# What a map says in words of its own, as the page of the map calls it.
_WORDS = {
    ("property", "stage"): N_("Stage"),
    ("property", "responsible"): N_("Responsible"),
    ("property", "deadline"): N_("Deadline"),
    ("property", "escalation"): N_("Escalation"),
    ("property", "approval"): N_("Approval"),
    ("property", "distribution"): N_("Given out"),
    ("property", "four_eyes"): N_("Four eyes"),
    ("property", "approved_content"): N_("What is approved"),
    ("property", "reauthenticate"): N_("Proof of who decides"),
    ("property", "recall"): N_("May be taken back"),
    ("property", "content_seen"): N_("Programs have to read it"),
    ("property", "reask"): N_("May change afterwards"),
    ("property", "required"): N_("Required fields"),
    ("property", "freedom"): N_("Freedom"),
    ("property", "result"): N_("Result"),
    ("property", "repeat"): N_("Number of runs"),
    ("property", "timer"): N_("Timer"),
    **{(said, "value"): N_("the event’s value") for said in ("used_from", "other_from")},
    ("other_from", "name"): N_("the event’s name"),
    **{(said, "documentation"): N_("the description") for said in ("used_from", "other_from")},
    **{(said, "note"): N_("a note") for said in ("used_from", "other_from")},
    **{(said, "lane"): N_("the lane") for said in ("used_from", "other_from")},
    **{(said, "group"): N_("the frame") for said in ("used_from", "other_from")},
    **{(said, "reglament"): N_("the table of steps") for said in ("used_from", "other_from")},
    ("property", "instruction"): N_("Instruction"),
    ("used", "=owner"): N_("the deal’s owner"),
    ("other", "=owner"): N_("the deal’s owner"),
}

_PLACES = re.compile(r"%\((\w+)\)s")


def error_text(error: DomainError) -> str:
    """The error as a sentence in the reader's language, its data written as the reader writes them."""
    return _filled(error.template, error.params)


def field_errors(error: DomainError) -> dict[str, str]:
    """The sentence for each form field at fault, by the field's name."""
    if isinstance(error, InvalidInput | EditedMeanwhile):
        return {name: error_text(of_field) for name, of_field in error.errors.items()}
    return {error.field: error_text(error)} if error.field else {}


def _written(name: str, value: Any) -> Any:
    match value:
        case None:
            written = ""
        case DomainError():
            written = error_text(value)
        case datetime():
            written = when(value)
        case date():
            written = day(value)
        case Decimal():
            written = number(value)
        case Mapping():
            written = ", ".join(f"{key}: {_written(name, item)}" for key, item in value.items())
        case list() | tuple() if name in _NAMES:
            written = ", ".join(_("“%(name)s”", name=item) for item in value)
        case list() | tuple() | frozenset():
            written = ", ".join(str(_written(name, item)) for item in value)
        case str() if value:
            written = _in_words(name, value)
        case _:
            written = value
    return written


def _in_words(name: str, value: str) -> str:
    if (name, value) in _WORDS:
        return _(_WORDS[name, value])
    return failure_words(value) if name in _MARKED_PLACES else value


def finding_message(finding: Finding) -> str:
    """What is wrong with a map, or what was done to it, in the reader's language."""
    return _filled(message_template(finding.code), finding.params)


def finding_remedy(finding: Finding) -> str:
    """What the map's owner can do about it, in the reader's language."""
    return _filled(remedy_template(finding.code), finding.params)


def _filled(template: str, params: Mapping[str, Any]) -> str:
    """Findings are stored: one from an older version may lack a place, and is then told with a gap instead of it."""
    labels = params.get("labels")  # of what the engine could not calculate
    given = {name: _written(name, value) for name, value in params.items() if name != "labels"}
    if labels is not None:
        given |= {name: variables_in(name, params[name], labels) for name in VARIABLE_PLACES & params.keys()}
    missing = {name: "…" for name in _PLACES.findall(template) if name not in given}
    return _(template, **given, **missing) if "%" in template else _(template)
