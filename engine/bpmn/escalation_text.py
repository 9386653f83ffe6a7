"""Reads an escalation ladder: ``remind 4 роб. год before; head at due; reassign to head 1 р.д. after``.

A rung is an action, whom it concerns, and when: an amount of time before or after the deadline, or at it. The parts
may stand in any order, in Ukrainian or English, rungs being separated by ``;``, a new line, an arrow or "then".
"""

from __future__ import annotations

import re

from engine.bpmn.deadline_rules import (
    ElapsedTime,
    EscalationAction,
    EscalationLadder,
    EscalationLevel,
    WorkingTime,
)
from engine.bpmn.duration_text import (
    APOSTROPHES,
    LONGEST_TEXT,
    QUOTES,
    DeadlineNotUnderstood,
    is_nothing,
    parse_amount,
    plain,
)

MOST_RUNGS = 10
_LONGEST_AMOUNT = 6  # words: "1 р.д. 4 роб. год" has five
_LONGEST_RUNG = 20  # words

_REMIND = re.compile(r"remind\w*|нагада\w*|нагадув\w*|попере\w+|напомн\w*", re.IGNORECASE)
_REASSIGN = re.compile(
    r"re-?assign\w*|transfer\w*|hand|delegate\w*|переда\w*|переда[вч]\w*|пере?признач\w*|переназнач\w*|делегува\w*",
    re.IGNORECASE,
)
_TELL = re.compile(r"tell|notify|inform|escalat\w*|alert|повідом\w*|спові[сщ]\w*|ескал\w*|сообщ\w*", re.IGNORECASE)
_HEAD = re.compile(r"head|boss|manager|supervisor|керівник\w*|начальник\w*|руковод\w*", re.IGNORECASE)
_HOLDER = re.compile(
    r"(?:the )?(?:assignee|holder|responsible)|them|him|her|викона\w+|відповідальн\w+|йому|їй|їм", re.IGNORECASE
)
_OWN_HEAD = re.compile(
    rf"(?:the )?(?:{_HEAD.pattern}) (?:of (?:the |their )?)?(?:department|team|unit|відділу|підрозділу|департаменту)|"
    rf"(?:the |their )?(?:department|team|unit) (?:{_HEAD.pattern})",
    re.IGNORECASE,
)
_BEFORE = frozenset(["before", "prior", "earlier", "перед", "за"])
_AFTER = frozenset(["after", "later", "late", "через", "після", "пізніше", "прострочення", "in"])
_DUE = r"(?:due(?: date)?|deadline|строк\w*|термін\w*|дедлайн\w*)"
_BESIDE_DUE = re.compile(rf"\b(?P<side>before|after|до|після|перед|past|від) +(?:the +)?{_DUE}\b", re.IGNORECASE)
_AT_DUE = re.compile(
    rf"\b(?:(?:at|on|upon|when|в|у|на|по) +(?:the +|момент +|настанні +)*{_DUE}|when +late|on +time|overdue|"
    rf"після +закінчення +{_DUE}|вчасно|при +простроченні|прострочено)\b",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(?:[;|\n→]|->|=>|\bthen\b|\bпотім\b|\bдалі\b)\s*", re.IGNORECASE)
_COMMA_BEFORE_ACTION = re.compile(
    rf",\s*(?=(?:{_REMIND.pattern}|{_REASSIGN.pattern}|{_TELL.pattern}|{_HEAD.pattern})\b)", re.IGNORECASE
)
_EDGE_WORDS = frozenset(
    ["to", "the", "до", "over", "of", "for", "his", "їх", "його", "її", "step", "крок", "кроку", "на", "в", "у", "про"]
)
_NO_ESCALATION = frozenset({"none", "no", "off", "never", "без ескалації", "немає", "ні", "не ескалювати", "-", "—"})


def names_holder(to: str) -> bool:
    """Whether a rung concerns whoever holds the step, in the map's words: "нагадати виконавцю"."""
    return _HOLDER.fullmatch(to.strip()) is not None


def names_own_head(to: str) -> bool:
    """Whether it is the head of the step's own department, in words that name no department: "керівника відділу"."""
    return _OWN_HEAD.fullmatch(to.strip()) is not None


def parse_ladder(text: str) -> EscalationLadder:
    """The rungs that ``text`` names, in the order written; raises DeadlineNotUnderstood.

    Without a word for "before" or "after", a reminder comes before the deadline and everything else after it.
    ``none`` (``без ескалації``) is a ladder without rungs, which also switches the default ladder off.
    """
    if plain(text) in _NO_ESCALATION:
        return EscalationLadder()
    parts = _SEPARATOR.split(_COMMA_BEFORE_ACTION.sub(";", text.strip(QUOTES).translate(APOSTROPHES)))
    levels = tuple(_rung(part, text) for part in parts if part.strip(" .,"))
    if not 1 <= len(levels) <= MOST_RUNGS:
        raise DeadlineNotUnderstood(text[:LONGEST_TEXT])
    return EscalationLadder(levels=levels)


def ladder_from_bag(escalate_to: str, escalate_after: str) -> EscalationLadder | None:
    """The ladder of a step's properties ``escalate_to`` and ``escalate_after``; None when both are blank.

    ``escalate_to`` is a name ("head", a department, a person) who is told when the deadline has passed, or that long
    after it; or, alone, a whole ladder. Raises DeadlineNotUnderstood.
    """
    to, after = escalate_to.strip(), escalate_after.strip()
    if not to and not after:
        return None
    if not after:
        try:
            return parse_ladder(to)
        except DeadlineNotUnderstood:
            if re.search(r"[\d;]", to):
                raise
            return EscalationLadder(
                levels=(EscalationLevel(action=EscalationAction.TELL_HEAD, to=_target(to.split())),)
            )
    offset, before, rest = _offset_of(after.translate(APOSTROPHES), escalate_after)
    if offset is None or before or any(word.lower() not in _AFTER for word in rest):
        raise DeadlineNotUnderstood(escalate_after)
    level = EscalationLevel(
        action=EscalationAction.TELL_HEAD, offset=None if is_nothing(offset) else offset, to=_target(to.split())
    )
    return EscalationLadder(levels=(level,))


def _rung(part: str, whole: str) -> EscalationLevel:
    offset, before, words = _offset_of(part, whole)
    if offset is None and any(word[0].isdigit() for word in words) and not _AT_DUE.search(part):
        raise DeadlineNotUnderstood(whole)  # an amount in a unit that we do not know, not a name
    action, to = _action_of(words, whole)
    if before is None:
        before = action is EscalationAction.REMIND
    if offset is None or is_nothing(offset):
        return EscalationLevel(action=action, to=to)
    return EscalationLevel(action=action, offset=offset, before=before, to=to)


def _offset_of(part: str, whole: str) -> tuple[WorkingTime | ElapsedTime | None, bool | None, list[str]]:
    """The amount of time in ``part``, whether it lies before the deadline (None: not said), and the other words."""
    before: bool | None = None
    if side := _BESIDE_DUE.search(part):
        before = side["side"].lower() in {"before", "до", "перед"}
        part = f"{part[: side.start()]} {part[side.end() :]}"
    at_due = _AT_DUE.search(part)
    if at_due:
        part = f"{part[: at_due.start()]} {part[at_due.end() :]}"
    words = part.split()
    if len(words) > _LONGEST_RUNG:
        raise DeadlineNotUnderstood(whole[:LONGEST_TEXT])
    found = _longest_amount(words)
    if found is None:
        return None, before, words
    if at_due:
        raise DeadlineNotUnderstood(whole)  # both at the deadline and away from it
    start, stop, amount = found
    rest: list[str] = []
    for index, word in enumerate(words):
        beside = index in {start - 1, stop}
        if start <= index < stop or (beside and index == stop and word.lower() == "до"):
            before = True if index == stop else before
        elif beside and before is None and word.lower() in _BEFORE | _AFTER:
            before = word.lower() in _BEFORE
        elif not (beside and word.lower() in _BEFORE | _AFTER):
            rest.append(word)
    return amount, before, rest


def _longest_amount(words: list[str]) -> tuple[int, int, WorkingTime | ElapsedTime] | None:
    for length in range(min(_LONGEST_AMOUNT, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            try:
                return start, start + length, parse_amount(" ".join(words[start : start + length]).strip(",.("))
            except DeadlineNotUnderstood:
                continue
    return None


def _action_of(words: list[str], whole: str) -> tuple[EscalationAction, str]:
    told = reminded = reassigned = False
    target: list[str] = []
    for word in words:
        bare = word.strip(".,:()")
        if _REASSIGN.fullmatch(bare):
            reassigned = True
        elif _REMIND.fullmatch(bare):
            reminded = True
        elif _TELL.fullmatch(bare):
            told = True
        elif bare:
            target.append(bare)
    names_head = any(_HEAD.fullmatch(word) for word in target)
    to = _target(target)
    if reassigned:
        return EscalationAction.REASSIGN, to
    if told or names_head:
        only_reminder = told and not target
        return (EscalationAction.REMIND if only_reminder else EscalationAction.TELL_HEAD), to
    if reminded:
        return EscalationAction.REMIND, to
    raise DeadlineNotUnderstood(whole)


def _target(words: list[str]) -> str:
    """Whom the rung names, empty for the head of the responsible's department."""
    while words and words[0].lower() in _EDGE_WORDS:
        words = words[1:]
    while words and words[-1].lower() in _EDGE_WORDS:
        words = words[:-1]
    return "" if len(words) == 1 and _HEAD.fullmatch(words[0]) else " ".join(words)
