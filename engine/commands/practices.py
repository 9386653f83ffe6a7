"""Practice deals: start one on any version that can run, go on with it, take the last action back, throw it away.

A practice belongs to whoever started it. Nothing of it is a fact about the company: it leaves no history event.
"""

from __future__ import annotations

from typing import Any, ClassVar, cast

from sqlalchemy import CursorResult, delete, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.practice_walk import Action, OpenDeal, stored, walk
from engine.db.session import Database
from engine.errors import N_, Conflict, DomainError, MapHasErrors, NotFound
from engine.model.practice import Practice
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.practices import own_practice

MOST_ACTIONS = 200


class PracticeTooLong(DomainError):
    code: ClassVar[str] = "practice_too_long"
    template: ClassVar[str] = N_("This practice deal has %(limit)s actions already. Start another one.")


class PracticeWentOn(Conflict):
    """Another tab or a second press of the button was faster."""

    code: ClassVar[str] = "practice_went_on"
    template: ClassVar[str] = N_("The practice deal has gone on meanwhile. Here is where it stands now.")


def start_practice(
    database: Database, definition_id: int, opening: OpenDeal, *, actor: Actor, clock: Clock
) -> Practice:
    """Open a practice deal. Raises NotFound, NotAllowed, MapHasErrors, and what opening the deal raises."""
    ensure_may(actor, Ability.DEPLOY_MAP)
    actions = [stored(opening)]
    with database.read() as session:
        definition = runnable(session, definition_id)
        walked = walk(session, definition, actions)
    if walked.problem is not None:
        raise walked.problem
    at = clock.now()
    with database.write() as session:
        practice = Practice(
            definition_id=definition_id,
            person_id=actor.person_id,
            title=opening.title.strip()[:300],
            actions=actions,
            revision=1,
            started_at=at,
            touched_at=at,
        )
        session.add(practice)
        session.flush()
    return practice


def act_in_practice(
    database: Database, practice_id: int, action: Action, *, revision: int, actor: Actor, clock: Clock
) -> None:
    """Go on with a practice that stands at ``revision``. Raises NotFound, PracticeWentOn, and what the action raises.

    What could not be walked again, because the map or the company was changed, is left out for good.
    """
    with database.read() as session:
        practice = own_practice(session, practice_id, actor)
        if practice.revision != revision:
            raise PracticeWentOn
        definition = runnable(session, practice.definition_id)
        walked = walk(session, definition, practice.actions)
        actions = [*practice.actions[: walked.done], stored(action)]
        if len(actions) > MOST_ACTIONS:
            raise PracticeTooLong(limit=MOST_ACTIONS)
        further = walk(session, definition, actions)
    if further.problem is not None:
        raise further.problem
    _keep(database, practice_id, actions, revision=revision, clock=clock)


def take_back(database: Database, practice_id: int, *, revision: int, actor: Actor, clock: Clock) -> None:
    """Take the last action back; the opening stays. Raises NotFound, PracticeWentOn."""
    with database.read() as session:
        practice = own_practice(session, practice_id, actor)
        walked = walk(session, runnable(session, practice.definition_id), practice.actions)
    actions = practice.actions[: walked.done]
    if walked.done == len(practice.actions):
        actions = actions[: max(1, len(actions) - 1)]
    _keep(database, practice_id, actions, revision=revision, clock=clock)


def forget_practice(session: Session, practice_id: int, *, actor: Actor) -> int:
    """Throw a practice away; the id of its map's version. Raises NotFound."""
    practice = own_practice(session, practice_id, actor)
    session.execute(delete(Practice).where(Practice.id == practice.id))
    return practice.definition_id


def runnable(session: Session, definition_id: int) -> ProcessDefinition:
    """A version that can be executed, published or not. Raises NotFound, MapHasErrors."""
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise NotFound
    if definition.compiled is None:
        raise MapHasErrors
    return definition


def _keep(database: Database, practice_id: int, actions: list[Any], *, revision: int, clock: Clock) -> None:
    with database.write() as session:
        changed = session.execute(
            update(Practice)
            .where(Practice.id == practice_id, Practice.revision == revision)
            .values(actions=actions, revision=revision + 1, touched_at=clock.now())
        )
        if cast("CursorResult[Any]", changed).rowcount != 1:
            raise PracticeWentOn
