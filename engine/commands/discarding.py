"""Throwing a draft of a map away: a version that no deal has ever followed."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.definitions import locked_definition
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.errors import N_, Conflict
from engine.events import DefinitionDiscarded
from engine.model.heartbeat import Heartbeat
from engine.model.map_answer import MapAnswer
from engine.model.map_rule import MapRule
from engine.model.practice import Practice
from engine.model.process_definition import DefinitionState, DiscardedDraft, ProcessDefinition
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.map_editors import editing_of


class NotADraft(Conflict):
    """It was published once: deals may follow it, and what they followed stays known."""

    code: ClassVar[str] = "not_a_draft"
    template: ClassVar[str] = N_("This version was published: it can be retired, not thrown away.")


def discard_draft(
    session: Session, definition_id: int, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> int:
    """Throw a draft away with its files and with everything that was typed into them; answers with its id.

    Practice deals on it go as well; the rules and the answers of a map go with its last version. Raises NotFound,
    NotAllowed, NotADraft, KeyReused.
    """
    ensure_may(actor, Ability.DEPLOY_MAP)
    at = clock.now()
    arguments = {"definition": definition_id}
    if already_performed(session, command_id, "discard_draft", arguments, actor=actor, at=at) is not None:
        return definition_id
    draft = locked_definition(session, definition_id)
    if draft.state is not DefinitionState.DRAFT:
        raise NotADraft
    session.execute(delete(Practice).where(Practice.definition_id == definition_id))
    session.execute(delete(Heartbeat).where(Heartbeat.name.startswith(editing_of(definition_id), autoescape=True)))
    _let_go_of_answers(session, definition_id)
    was_last = _newest_other(session, draft.key, definition_id) is None
    if was_last:
        session.execute(delete(MapRule).where(MapRule.map_key == draft.key))
    event = DefinitionDiscarded(key=draft.key, version=draft.version, name=draft.name, was_last=was_last)
    session.add(
        DiscardedDraft(
            definition_id=definition_id,
            key=draft.key,
            version=draft.version,
            name=draft.name,
            discarded_at=at,
            discarded_by_id=actor.recorded_id,
        )
    )
    session.delete(draft)
    record(session, event, actor=actor, at=at)
    remember(session, command_id, {"id": definition_id}, actor=actor)
    return definition_id


def _let_go_of_answers(session: Session, definition_id: int) -> None:
    """Answers are remembered for the next version of their map, as long as there is one that it could follow."""
    given_here: ColumnElement[bool] = MapAnswer.definition_id == definition_id
    for key in session.scalars(select(MapAnswer.map_key).where(given_here).distinct()).all():
        other = _newest_other(session, key, definition_id)
        of_map = given_here & (MapAnswer.map_key == key)
        if other is None:
            session.execute(delete(MapAnswer).where(of_map))
        else:
            session.execute(update(MapAnswer).where(of_map).values(definition_id=other))


def _newest_other(session: Session, key: str, definition_id: int) -> int | None:
    return session.scalar(
        select(ProcessDefinition.id)
        .where(ProcessDefinition.key == key, ProcessDefinition.id != definition_id)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    )
