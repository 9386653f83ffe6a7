"""All ways through a version of a map, found once for each content and calendar."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from sqlalchemy.orm import Session

from engine.errors import MapHasErrors, NotFound
from engine.model.process_definition import ProcessDefinition
from engine.policy.all_ways import explore
from engine.policy.permissions import Ability, Actor
from engine.policy.ways_found import WaysFound, ways_found
from engine.queries.calendars import default_calendar
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees

_KEPT = 16
_kept: OrderedDict[tuple[str, str], WaysFound] = OrderedDict()
_one_at_a_time = Lock()


def map_ways(session: Session, actor: Actor, definition_id: int) -> WaysFound:
    """Time is counted on the company's calendar. Takes seconds for a large map that was not looked at before.

    Raises NotFound, and MapHasErrors for a version that cannot run.
    """
    ensure_sees(actor, Ability.SEE_MAPS)
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise NotFound
    if definition.compiled is None:
        raise MapHasErrors
    process, calendar = process_of(session, definition_id), default_calendar(session)
    key = (process.content_hash, repr(calendar))
    with _one_at_a_time:  # who asks for the same meanwhile is answered by what the first one found
        known = _kept.get(key)
        if known is None:
            known = _kept[key] = ways_found(process, explore(process, calendar))
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return known
