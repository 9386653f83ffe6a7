"""Which member of a department gets a step that is given out by itself. Pure: who may, what they hold, whose turn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence


def eligible(members: Sequence[int], *, absent: Collection[int], barred: Collection[int]) -> tuple[int, ...]:
    """Who may get the step, by id: nobody who is away while somebody is there, and nobody whom the map bars.

    When all are away the step goes to one of them all the same: their substitutes find it in their inboxes.
    """
    allowed = [one for one in sorted(members) if one not in barred]
    return tuple(one for one in allowed if one not in absent) or tuple(allowed)


def least_loaded(people: Sequence[int], open_steps: Mapping[int, int]) -> int | None:
    """Who holds the fewest open steps; of several the one with the lowest id, so that it is the same every time."""
    return min(people, key=lambda one: (open_steps.get(one, 0), one), default=None)


def next_in_turn(people: Sequence[int], last: int | None) -> int | None:
    """Who comes after ``last`` in the order of ids; after the last of them the first. ``last`` may have left."""
    ordered = sorted(people)
    later = [one for one in ordered if last is not None and one > last]
    return next(iter(later or ordered), None)
