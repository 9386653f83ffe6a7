"""What a pause of a deal does to its deadlines: the time that was left when it began is left when it ends."""

from __future__ import annotations

from datetime import datetime

from engine.bpmn.deadline_rules import DeadlineRule, ElapsedTime, WorkingTime
from engine.policy.business_calendar import BusinessCalendar


def after_pause(
    rule: DeadlineRule | None,
    due_at: datetime,
    *,
    paused_at: datetime,
    resumed_at: datetime,
    calendar: BusinessCalendar,
) -> datetime:
    """The new moment (UTC) of what was due at ``due_at`` by ``rule``.

    Working time is counted in working time, elapsed time by the clock. A deadline that names a moment (a date, "by
    18:00", a date of the deal) stays: the pause does not move the moment. What was late already stays late.
    No deadline moves back: the opening of a day and the closing before it are the same working time, and the later of
    them was promised. Where only time outside working hours was left, it is due when work next begins.
    """
    if due_at <= paused_at:
        return due_at
    if isinstance(rule, WorkingTime):
        left = int(calendar.working_time_between(paused_at, due_at).total_seconds())
        if not left:
            return max(calendar.next_working_moment(resumed_at), due_at)
        return max(calendar.add_working_time(resumed_at, WorkingTime(seconds=left)), due_at)
    if isinstance(rule, ElapsedTime):
        return due_at + (resumed_at - paused_at)
    return due_at
