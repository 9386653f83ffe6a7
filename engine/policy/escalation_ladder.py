"""What happens to a late step, rung by rung.

Rungs are climbed in the order of their moments, each once. Levels never fall: a deadline moved later does not repeat
a rung that was reached, and a late answer does not hide an escalation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from engine.bpmn.deadline_rules import EscalationAction, EscalationLadder, EscalationLevel, WorkingTime
from engine.clock import as_utc
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.due_dates import moved

DEFAULT_LADDER = EscalationLadder(
    levels=(
        EscalationLevel(action=EscalationAction.REMIND, offset=WorkingTime(seconds=4 * 3600), before=True),
        EscalationLevel(action=EscalationAction.TELL_HEAD),
        EscalationLevel(action=EscalationAction.REASSIGN, offset=WorkingTime(days=1)),
    )
)
"""For a step whose map and department name no other: remind, tell the head when due, reassign a working day later."""

_NOTHING_DONE: Mapping[EscalationAction, int] = MappingProxyType({})

Rung = tuple[int, EscalationLevel, datetime]  # its index in the order of climbing, what to do, when (UTC)


def rungs_due(
    ladder: EscalationLadder,
    due_at: datetime,
    calendar: BusinessCalendar,
    reached: int,
    now: datetime,
    *,
    opened_at: datetime | None = None,
) -> list[Rung]:
    """The rungs to climb now, in order: all whose moment has come, without the first ``reached`` ones.

    After a pause of the server several may be due at once. After the rung of index i, ``reached`` is i + 1. A
    reminder that would have come before the step was opened, at ``opened_at``, is left out: opening tells it.
    """
    return [rung for rung in _ahead(ladder, due_at, calendar, reached, opened_at) if rung[2] <= now]


def next_escalation_at(
    ladder: EscalationLadder,
    due_at: datetime,
    calendar: BusinessCalendar,
    reached: int,
    *,
    opened_at: datetime | None = None,
) -> datetime | None:
    """The UTC moment of the first rung that is not reached yet, perhaps past; None at the top of the ladder."""
    if reached == 0:
        return _first_of_all(ladder, due_at, calendar, opened_at)
    ahead = _ahead(ladder, due_at, calendar, reached, opened_at)
    return ahead[0][2] if ahead else None


def reached_on(
    ladder: EscalationLadder,
    former: EscalationLadder,
    reached: int,
    due_at: datetime,
    calendar: BusinessCalendar,
    *,
    done: Mapping[EscalationAction, int] = _NOTHING_DONE,
) -> int:
    """How many rungs of ``ladder`` are behind a step that has climbed the first ``reached`` of its ``former`` ladder.

    Rungs answer to each other by what they do, the first reminder to the first: what was done is not done again, and
    what was not is still to come. ``done`` is what the step has seen of rungs on any ladder, how often: the former one
    may have fewer than those before it.
    """
    climbed = Counter(level.action for _, level in _in_order(former, due_at, calendar)[:reached]) | Counter(done)
    return max(_answering(_actions(ladder, due_at, calendar), climbed), default=-1) + 1


def reached_by_deeds(
    ladder: EscalationLadder,
    due_at: datetime,
    calendar: BusinessCalendar,
    reached: int,
    done: Mapping[EscalationAction, int],
) -> int:
    """How many rungs of ``ladder`` are behind a step that has climbed ``reached`` rungs, perhaps of other words.

    A department's ladder may have got other words between two rungs, and nobody remembers the former ones. What the
    step has seen is ``done``, as above: a rung in front of those does not bring them again, and a head whom a rung
    that was taken away kept from being told is told yet. On the ladder that was climbed all along this is ``reached``.
    """
    actions = _actions(ladder, due_at, calendar)
    answering = _answering(actions, done)
    behind = max(reached, max(answering, default=-1) + 1)
    told = top = min(behind, len(actions))
    while told and actions[told - 1] is EscalationAction.TELL_HEAD and told - 1 not in answering:
        told -= 1
    return behind if told == top else told


def heads_told_before(ladder: EscalationLadder, due_at: datetime, calendar: BusinessCalendar, index: int) -> int:
    """How many rungs below the one of ``index`` tell a head, where the map names nobody: the next tells one above."""
    below = _in_order(ladder, due_at, calendar)[:index]
    return sum(level.action is EscalationAction.TELL_HEAD and not level.to for _, level in below)


def _actions(ladder: EscalationLadder, due_at: datetime, calendar: BusinessCalendar) -> list[EscalationAction]:
    return [level.action for _, level in _in_order(ladder, due_at, calendar)]


def _answering(actions: Sequence[EscalationAction], done: Mapping[EscalationAction, int]) -> set[int]:
    """The places of the rungs that were done, the first reminder answering to the first."""
    left, found = Counter(done), set[int]()
    for index, action in enumerate(actions):
        if left[action] > 0:
            left[action] -= 1
            found.add(index)
    return found


def _first_of_all(
    ladder: EscalationLadder, due_at: datetime, calendar: BusinessCalendar, opened_at: datetime | None
) -> datetime | None:
    """Of a step that opens. Rungs before the deadline are never behind the others: where one is ahead, it is first."""
    before = [moved(due_at, level.offset, calendar, before=True) for level in ladder.levels if level.before]
    ahead = [at for at in before if opened_at is None or at > opened_at]
    if ahead:
        return min(ahead)
    offsets = [level.offset for level in ladder.levels if not level.before]
    if None in offsets:
        return as_utc(due_at)
    return min((moved(due_at, offset, calendar) for offset in offsets), default=None)


def _ahead(
    ladder: EscalationLadder,
    due_at: datetime,
    calendar: BusinessCalendar,
    reached: int,
    opened_at: datetime | None,
) -> list[Rung]:
    return [
        (index, level, at)
        for index, (at, level) in enumerate(_in_order(ladder, due_at, calendar))
        if index >= reached and not (level.before and opened_at is not None and at <= opened_at)
    ]


def _in_order(
    ladder: EscalationLadder, due_at: datetime, calendar: BusinessCalendar
) -> list[tuple[datetime, EscalationLevel]]:
    timed = [(moved(due_at, level.offset, calendar, before=level.before), level) for level in ladder.levels]
    return sorted(timed, key=lambda rung: rung[0])
