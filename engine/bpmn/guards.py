"""Bounds that stop a runaway map, and what a map can suffer from while it is executed.

A problem is a DomainError inside ``MapFailed.params["problem"]``, so that the edge translates both templates.
"""

from __future__ import annotations

from datetime import timedelta

from engine.errors import N_, Conflict, DomainError, MapFailed

AUTOMATIC_STEPS = 500  # per stimulus
LIVE_TASKS = 2_000  # per instance
DEPTH = 20  # sub-processes and calls inside one another
LOOP_RUNS = 200  # of one multi-instance
TIMERS = 200  # per instance
SHORTEST_CYCLE = timedelta(minutes=1)
FARTHEST_TIMER = timedelta(days=5 * 366)
LEDGER = 2_000  # completed activities of a scope that can still be undone
CORRELATION_BYTES = 1_800  # of the values by which a message finds its deal, as they are looked up
STATE_BYTES = 256 * 1024  # before compression


class NotWaiting(Conflict):
    code = "not_waiting"
    template = N_("This step does not wait any more: the deal went another way.")


class TooManyAutomaticSteps(DomainError):
    code = "TOO_MANY_AUTOMATIC_STEPS"
    template = N_("more than %(limit)s automatic steps follow one another without a person, a timer or a message")


class TooManyLiveTasks(DomainError):
    code = "TOO_MANY_LIVE_TASKS"
    template = N_("more than %(limit)s steps would be open at once")


class TooDeep(DomainError):
    code = "TOO_DEEP"
    template = N_("more than %(limit)s sub-processes stand inside one another")


class TooManyRuns(DomainError):
    code = "TOO_MANY_RUNS"
    template = N_("the step would be repeated too often: %(count)s is asked for, %(limit)s is the most")


class RunsNotCountable(DomainError):
    code = "RUNS_NOT_COUNTABLE"
    template = N_("how often the step is repeated must be a whole number or a list, and it is %(kind)s")


class RunsNotWhole(RunsNotCountable):
    """A number, but half a run or less than none."""

    template = N_("how often the step is repeated must be a whole number from 0 on, and it is %(value)s")


class TooManyTimers(DomainError):
    code = "TOO_MANY_TIMERS"
    template = N_("more than %(limit)s timers would run at once")


class CycleTooFast(DomainError):
    code = "CYCLE_TOO_FAST"
    template = N_("the timer repeats faster than once a minute")


class TimerTooFar(DomainError):
    code = "TIMER_TOO_FAR"
    template = N_("the timer lies more than five years ahead")


class TimerNotUnderstood(DomainError):
    code = "TIMER_NOT_UNDERSTOOD"
    template = N_("“%(value)s” cannot be read as a time")


class TimeMissing(DomainError):
    code = "TIME_MISSING"
    template = N_("nothing is filled in that says how long or until when it waits: “%(expression)s”")


class TooMuchToUndo(DomainError):
    code = "TOO_MUCH_TO_UNDO"
    template = N_("more than %(limit)s completed steps would wait to be undone")


class CancelNotCaught(DomainError):
    code = "CANCEL_NOT_CAUGHT"
    template = N_("nothing on the border of the transaction handles its cancellation")


class NoWayOpen(DomainError):
    code = "NO_WAY_OPEN"
    template = N_("no condition is true and there is no default way")


class NothingDecided(NoWayOpen):
    """A decision by approvals, none of which was asked for: a list of approvers was empty, or a deal came past."""

    template = N_("nobody was asked in “%(steps)s”, so nothing was decided, and there is no default way")


class Stalled(DomainError):
    code = "STALLED"
    template = N_("nothing can go on: what waits at %(elements)s waits for something that cannot come")


class UncaughtError(DomainError):
    code = "UNCAUGHT_ERROR"
    template = N_("the error “%(error)s” is handled nowhere")


class NoSuchStart(DomainError):
    code = "NO_SUCH_START"
    template = N_("no start event waits for “%(message)s”")


class AssignsFact(DomainError):
    code = "ASSIGNS_FACT"
    template = N_("“%(variable)s” belongs to the deal and cannot be assigned by the map")


class ValueNotStorable(DomainError):
    code = "VALUE_NOT_STORABLE"
    template = N_("“%(variable)s” holds a value that cannot be kept")


class ValuesTooLarge(DomainError):
    code = "VALUES_TOO_LARGE"
    template = N_("the values take %(size)s bytes; %(limit)s is the most")


class UnknownReference(DomainError):
    code = "UNKNOWN_REFERENCE"
    template = N_("“%(reference)s” is no part of the map")


def map_failed(problem: DomainError, element_id: str, element_name: str) -> MapFailed:
    """The incident that ``problem`` at an element makes. ``params`` name the element, the problem and its code."""
    return MapFailed(
        element=element_name or element_id, element_id=element_id, problem=problem, problem_code=problem.code
    )
