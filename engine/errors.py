"""What can go wrong, with data and a stable code. The edge chooses the status and the language.

Each error carries an English template whose named places are filled from ``params``; the web interface
translates the template before filling it, so no user ever reads a text that the engine composed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


def N_(text: str) -> str:  # noqa: N802  # the gettext convention for "mark, do not translate yet"
    """Mark a text for translation without translating it."""
    return text


class DomainError(Exception):
    """A command could not be done. ``code`` is stable, ``field`` names the form field at fault if there is one."""

    code: ClassVar[str] = "error"
    template: ClassVar[str] = N_("The action could not be done.")

    def __init__(self, field: str | None = None, **params: Any) -> None:
        super().__init__(self.code)
        self.field = field
        self.params: Mapping[str, Any] = params

    def __str__(self) -> str:
        return self.template % self.params if self.params else self.template


class NotFound(DomainError):
    """Does not exist, or the actor may not know that it does: the answer is the same."""

    code = "not_found"
    template = N_("There is no such page or record, or it is not open to you.")


class NotAllowed(DomainError):
    """The actor may see the record but not do this to it."""

    code = "not_allowed"
    template = N_("You may not do this: %(reason)s")


class Conflict(DomainError):
    """Somebody or something else was faster."""

    code = "conflict"
    template = N_("The record was changed meanwhile. Look at it again.")


class AlreadyCompleted(Conflict):
    code = "already_completed"
    template = N_("Already done by %(by)s, %(at)s.")


class AlreadyDoneByYou(AlreadyCompleted):
    """Whoever asks has done it, with the same outcome, in another window or by a press that seemed to be lost."""

    template = N_("You have done this already, %(at)s.")


class AlreadyClaimed(Conflict):
    code = "already_claimed"
    template = N_("Already taken by %(by)s.")


class AlreadyCancelled(Conflict):
    code = "already_cancelled"
    template = N_("This step is no longer needed: the deal went another way.")


class DealIsSuspended(Conflict):
    code = "deal_suspended"
    template = N_("The deal is suspended: nothing in it can be done until it is resumed.")


class InvalidInput(DomainError):
    """What was typed cannot be accepted. ``errors`` maps a field's name to the DomainError for it."""

    code = "invalid_input"
    template = N_("Some fields need attention.")

    def __init__(self, errors: Mapping[str, DomainError] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.errors: Mapping[str, DomainError] = errors or {}


class FieldRequired(DomainError):
    code = "field_required"
    template = N_("Fill in “%(label)s”.")


class FieldNotUnderstood(DomainError):
    code = "field_not_understood"
    template = N_("“%(value)s” cannot be read as %(expected)s.")


class FieldOutOfRange(DomainError):
    code = "field_out_of_range"
    template = N_("“%(label)s” must be between %(minimum)s and %(maximum)s.")


class ReasonRequired(DomainError):
    code = "reason_required"
    template = N_("Say why: the next person has to know what to change.")


class UnknownOutcome(DomainError):
    code = "unknown_outcome"
    template = N_("This step has no button “%(outcome)s”.")


class MapHasErrors(DomainError):
    """A map cannot be published or started. ``findings`` says everything that is wrong."""

    code = "map_has_errors"
    template = N_("The map cannot be published yet: mend the errors first.")

    def __init__(self, findings: tuple[Any, ...] = (), **params: Any) -> None:
        super().__init__(**params)
        self.findings = findings


class MapFailed(DomainError):
    """The map itself failed while it was executed: an expression, a bound, a missing handler. Becomes an incident."""

    code = "map_failed"
    template = N_("The map failed at “%(element)s”: %(problem)s")
    instance_id: int | None = None  # of the instance that failed, told by the command that ran it
    deal_id: int | None = None
    stimulus: Any = None  # what to try again
    typed: Any = None  # what a person had typed into the step that failed, as the incident keeps it
    begun: Any = None  # of a deal that failed at its start: which it would have become, as the incident keeps it


class SignInFailed(DomainError):
    code = "sign_in_failed"
    template = N_("The name or the password is wrong.")
