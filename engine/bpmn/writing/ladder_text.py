"""An escalation ladder written out, so that reading the text gives the same ladder."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.deadline_rules import ElapsedTime, EscalationAction, EscalationLadder, EscalationLevel, WorkingTime

_UNITS = {"hours": 3600, "minutes": 60, "seconds": 1}

_WORDS: Mapping[str, Mapping[str, str]] = {
    "uk": {
        "none": "без ескалації",
        EscalationAction.REMIND: "нагадати",
        EscalationAction.TELL_HEAD: "повідомити",
        EscalationAction.REASSIGN: "передати",
        "its_head": "керівнику",
        "due": "у термін",
        "before": "за %s до терміну",
        "after": "через %s після терміну",
        "working_days": "%s р.д.",
        "working_hours": "%s роб. год",
        "working_minutes": "%s роб. хв",
        "working_seconds": "%s роб. с",
        "months": "%s міс",
        "days": "%s дн",
        "hours": "%s год",
        "minutes": "%s хв",
        "seconds": "%s с",
    },
    "en": {
        "none": "none",
        EscalationAction.REMIND: "remind",
        EscalationAction.TELL_HEAD: "tell",
        EscalationAction.REASSIGN: "reassign to",
        "its_head": "head",
        "due": "at due",
        "before": "%s before due",
        "after": "%s after due",
        "working_days": "%s business days",
        "working_hours": "%s business hours",
        "working_minutes": "%s business minutes",
        "working_seconds": "%s business seconds",
        "months": "%s months",
        "days": "%s days",
        "hours": "%s hours",
        "minutes": "%s minutes",
        "seconds": "%s seconds",
    },
}


def ladder_text(ladder: EscalationLadder, language: str) -> str:
    """The ladder in Ukrainian (``uk``) or English."""
    words = _WORDS["uk" if language == "uk" else "en"]
    return "; ".join(_rung(level, words) for level in ladder.levels) or words["none"]


def _rung(level: EscalationLevel, words: Mapping[str, str]) -> str:
    to = level.to or ("" if level.action is EscalationAction.REMIND else words["its_head"])
    if level.offset is None:
        moment = words["due"]
    else:
        moment = words["before" if level.before else "after"] % _amount(level.offset, words)
    return " ".join(part for part in (words[level.action], to, moment) if part)


def _amount(amount: WorkingTime | ElapsedTime, words: Mapping[str, str]) -> str:
    """In two units at most of a day and less: a reader of ladders looks at six words for an amount."""
    unit = next(unit for unit in _UNITS if amount.seconds % _UNITS[unit] == 0)
    counted = {"days": amount.days, unit: amount.seconds // _UNITS[unit]}
    prefix = "working_"
    if isinstance(amount, ElapsedTime):
        counted, prefix = {"months": amount.months, **counted}, ""
    return " ".join(_counted(words[prefix + unit], count) for unit, count in counted.items() if count)


def _counted(unit: str, count: int) -> str:
    """English units end in the "s" of the plural; Ukrainian ones are abbreviations, the same for any number."""
    return unit.removesuffix("s" if count == 1 else "") % count
