"""Carrying commands out: in one transaction, once per Idempotency-Key, failures of a map recorded as incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, TypeVar

from sqlalchemy.orm import Session

from engine.commands.idempotency import already_performed, performed_before, remember
from engine.commands.incidents import perform
from engine.errors import N_, DomainError, InvalidInput
from engine.queries.organisation import CompanyChanged, expect_revision, has_seen_expected_revision
from webui.api.caller import caller, confirm_caller, unconfirmed_revision
from webui.request_context import reading, services
from webui.this_request import this_request

T = TypeVar("T")

IDEMPOTENCY_KEY = "Idempotency-Key"
_IN_ENVIRONMENT = "HTTP_IDEMPOTENCY_KEY"
LONGEST_KEY = 200


class KeyNotUsable(DomainError):
    code: ClassVar[str] = "key_not_usable"
    template: ClassVar[str] = N_("The key must have 1 to %(maximum)s printable ASCII characters.")


def command_id() -> str | None:
    """The caller's own name for this command. Raises InvalidInput for one that cannot be kept as it is."""
    key: str | None = this_request().environ.get(_IN_ENVIRONMENT)
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InvalidInput({IDEMPOTENCY_KEY: KeyNotUsable(maximum=LONGEST_KEY)})
    return key


def carry_out(command: Callable[[Session], T]) -> T:
    """Perform a command that looks after its own repetitions. Raises whatever it raises.

    Who calls may be known as of an earlier look at the company. Then the command's lock shows whether that still
    stands; if it does not, nothing is done and the caller is looked for again.
    """
    revision = unconfirmed_revision()
    if revision is not None:
        try:
            return _perform(partial(_as_of, revision, command))
        except CompanyChanged:
            confirm_caller()
    return _perform(command)


def _perform(command: Callable[[Session], T]) -> T:
    given = services()
    return perform(given.database, command, actor=caller(), clock=given.clock)


def _as_of(revision: int, command: Callable[[Session], T], session: Session) -> T:
    expect_revision(session, revision)
    done = command(session)
    if not has_seen_expected_revision(session):
        raise CompanyChanged
    return done


def carry_out_once(
    name: str,
    arguments: Mapping[str, Any],
    command: Callable[[Session], int],
    *,
    ensure_seen: Callable[[Session, int], object] | None = None,
) -> int:
    """Perform a command once per key; a repetition is answered with the id that the first one returned.

    ``arguments`` tell one call from another: the same key with others is refused. ``ensure_seen`` raises NotFound for
    an id whose record is not open to the caller any more when the repetition comes: it is told what reading would tell.
    Raises KeyReused, and whatever ``command`` raises.
    """
    key, actor = command_id(), caller()

    def once(session: Session) -> int:
        done = already_performed(session, key, name, arguments, actor=actor, at=services().clock.now())
        if done is not None:
            if ensure_seen is not None:
                ensure_seen(session, int(done["id"]))
            return int(done["id"])
        made = command(session)
        remember(session, key, {"id": made}, actor=actor)
        return made

    return carry_out(once)


def carry_out_prepared_once(
    name: str, arguments: Mapping[str, Any], prepare: Callable[[], Callable[[Session], int]]
) -> int:
    """As ``carry_out_once``, for a command that ``prepare`` makes with much work before its transaction begins.

    A repetition is answered without that work, and whatever has become of what the work begins with. Raises whatever
    ``prepare`` raises.
    """
    key, actor = command_id(), caller()
    if key is not None:
        with reading() as session:
            done = performed_before(session, key, name, arguments, actor=actor)
        if done is not None:
            return int(done["id"])
    return carry_out_once(name, arguments, prepare())
