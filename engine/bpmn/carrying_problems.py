"""Why a deal cannot be carried to another version of its map: each reason names the place in the old version."""

from __future__ import annotations

from typing import ClassVar

from engine.errors import N_, Conflict, DomainError


class CarryProblem(DomainError):
    """The base of the reasons. ``element_id`` and ``place`` (its name) say where the deal stands in the old version."""

    code: ClassVar[str] = "carry_problem"
    template: ClassVar[str] = N_("“%(place)s” cannot be carried over.")

    def __init__(self, element_id: str, place: str, **params: str) -> None:
        super().__init__(place=place, **params)
        self.element_id = element_id


class NoCounterpart(CarryProblem):
    code: ClassVar[str] = "no_counterpart"
    template: ClassVar[str] = N_("The new version has no step “%(place)s”. Choose where the deal goes on.")


class OtherKind(CarryProblem):
    code: ClassVar[str] = "other_kind"
    template: ClassVar[str] = N_("“%(place)s” is something else in the new version. Choose where the deal goes on.")


class JoinChanged(CarryProblem):
    code: ClassVar[str] = "join_changed"
    template: ClassVar[str] = N_(
        "A finished branch waits for the others at “%(place)s”; in the new version it does not come there this way. "
        "Choose a step before the branches, or finish them first."
    )


class BranchesDiffer(CarryProblem):
    """The new version could never have brought a deal to stand like this."""

    code: ClassVar[str] = "branches_differ"
    template: ClassVar[str] = N_(
        "In the new version other branches run beside “%(place)s”: one would be left out, or waited for without end. "
        "Choose a step before the branches for all that is open, or finish them first."
    )


class NotProved(CarryProblem):
    code: ClassVar[str] = "carry_not_provable"
    template: ClassVar[str] = N_(
        "The new version has so many parallel ways around “%(place)s” that it cannot be proved that the deal could "
        "finish."
    )


class HalfDecided(CarryProblem):
    code: ClassVar[str] = "half_decided"
    template: ClassVar[str] = N_(
        "“%(place)s” is half decided, and who has to approve changes. Finish it first, or choose where the deal goes "
        "on."
    )


class SeveralPlaces(CarryProblem):
    code: ClassVar[str] = "several_places"
    template: ClassVar[str] = N_(
        "In the new version “%(place)s” is reached from several places, and which one is meant cannot be told."
    )


class IntoRepetition(CarryProblem):
    code: ClassVar[str] = "into_repetition"
    template: ClassVar[str] = N_(
        "In the new version “%(place)s” stands inside something that runs several times: which run is meant cannot be "
        "told."
    )


class OutOfRepetition(CarryProblem):
    code: ClassVar[str] = "out_of_repetition"
    template: ClassVar[str] = N_(
        "“%(place)s” runs several times, and in the new version it does not. Finish the runs first, or choose where "
        "the deal goes on."
    )


class TargetNotAStep(CarryProblem):
    code: ClassVar[str] = "target_not_a_step"
    template: ClassVar[str] = N_("The new version has no step “%(target)s” at which a deal could wait.")


class WouldGoOn(CarryProblem):
    code: ClassVar[str] = "would_go_on"
    template: ClassVar[str] = N_(
        "In the new version the deal would go on from “%(place)s” by itself, without anybody. Choose where it goes on."
    )


class BeingUndone(CarryProblem):
    code: ClassVar[str] = "being_undone"
    template: ClassVar[str] = N_("At “%(place)s” the deal is undoing what was done. Move it when that is over.")


class StateNotReadable(CarryProblem):
    code: ClassVar[str] = "state_not_readable"
    template: ClassVar[str] = N_("The stored state of the deal cannot be read; tell the administrator.")


class CannotCarry(Conflict):
    """``problems`` holds every reason, one per place."""

    code: ClassVar[str] = "cannot_carry"
    template: ClassVar[str] = N_("The deal cannot be moved to this version: %(problem)s")

    def __init__(self, problems: tuple[CarryProblem, ...]) -> None:
        super().__init__(problem=problems[0])
        self.problems = problems
