"""The words by which owners name a property, in English and Ukrainian."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.bpmn.map_properties import Property
from engine.bpmn.reading.legible_text import legible

_APOSTROPHES = re.compile("[\u0027\u2019\u02bc\u2018\u0060\u00b4]")
_AROUND = ' \t\n\r\N{NO-BREAK SPACE}*_«»“”„"'  # what people put around a word that they stress
_GAPS = re.compile(r"[\s\-_]+")

_DEADLINES = ("термін", "терміни", "термін_виконання", "строк", "строки", "строк_виконання", "дедлайн")
_DOERS = ("відповідальна_особа", "відповідальний_виконавець", "виконавець", "виконавиця", "виконавці")
_WORDS: dict[Property, tuple[str, ...]] = {
    Property.STAGE: ("stage", "етап", "стадія"),
    Property.DEADLINE: ("deadline", "due", "due_date", "sla", *_DEADLINES),
    Property.RESPONSIBLE: ("responsible", "assignee", "відповідальний", "відповідальна", "відповідальні", *_DOERS),
    Property.DISTRIBUTION: ("distribution", "розподіл"),
    Property.ESCALATION: ("escalation", "escalate_to", "ескалація", "ескалація_до", "ескалація_кому"),
    Property.ESCALATE_AFTER: ("escalate_after", "ескалація_через"),
    Property.REQUIRED: ("required", "обовязкові", "обовязкові_поля", "required_fields"),
    Property.APPROVAL: ("approval", "погодження"),
    Property.FOUR_EYES: ("four_eyes", "чотири_ока"),
    Property.APPROVED_CONTENT: ("approved_content", "зміст_погодження", "що_погоджується"),
    Property.REAUTHENTICATE: ("reauthenticate", "підтвердження_особи"),
    Property.RECALL: ("recall", "відкликання"),
    Property.CONTENT_SEEN: ("content_seen", "бачений_зміст"),
    Property.REASK: ("reask", "повторне_погодження"),
    Property.FREEDOM: ("freedom", "свобода"),
    Property.INSTRUCTION: ("instruction", "instructions", "інструкція"),
    Property.RESULT: ("result", "результат"),
    Property.EXECUTED: ("executed", "виконується"),
    Property.START_AT: ("start_at", "починається_з"),
    Property.SPLIT: ("split", "розгалуження"),
    Property.MERGE: ("merge", "злиття"),
    Property.DECIDED_BY: ("decided_by", "вирішує"),
    Property.DEFAULT_WAY: ("default_way", "інакше"),
    Property.TIMER: ("timer", "таймер"),
    Property.REPEAT: ("repeat", "повторів"),
}
PROPERTY_WORDS: Mapping[str, Property] = {word: key for key, words in _WORDS.items() for word in words}
"""Every word for a property, in lower case, without apostrophes, its parts joined by underscores."""


def property_named(word: str) -> Property | None:
    """The property that ``word`` names, in any case and with any apostrophe; None for a foreign word."""
    return PROPERTY_WORDS.get(folded(word))


def folded(word: str) -> str:
    """The word in one spelling: small letters, no apostrophes, one underscore for whatever parts it."""
    return _GAPS.sub("_", _APOSTROPHES.sub("", legible(word).strip(_AROUND).casefold()))
