"""What a job of the outbox does outside its transaction: a letter is sent, a webhook is told, other deals wake."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from engine.adapters.webhook_calls import WebhookCall
from engine.commands.access_letters import ACCESS_LETTER
from engine.commands.awaited_deadlines import AWAITED_DEADLINES
from engine.commands.calls import CALL
from engine.commands.checkpoints import CHECKPOINT
from engine.commands.client_decisions import CLIENT_DECISIONS
from engine.commands.client_imports import CLIENT_IMPORT
from engine.commands.client_letters import CLIENT_LETTER
from engine.commands.deal_import_files import DEAL_IMPORT
from engine.commands.escalations import NEW_LADDER
from engine.commands.mailing import LETTER, TELEGRAM_LETTER
from engine.commands.moved_deals import take_turn
from engine.commands.password_links import PASSWORD_LETTER
from engine.commands.search_texts import MISSED_TEXTS, SEARCH_TEXTS
from engine.commands.telegram_updates import TELEGRAM_REPLY
from engine.commands.thrown_events import SIGNAL
from engine.commands.version_moves import VERSION_MOVE, continue_version_move, turns
from engine.commands.webhook_deliveries import WEBHOOK, WebhookBacklog, backlog, confirm_delivery
from engine.db.job import Job
from engine.db.outbox import hold_job
from engine.db.overwriting import TEXT_INDEXES
from engine.model.version_move import VersionMoveState
from tasks.access_letters import prepare_access_letter
from tasks.awaited_deadlines import set_deadlines_by_pages
from tasks.calls import make_call
from tasks.checkpoints import publish_checkpoint
from tasks.client_decisions import tell_by_pages
from tasks.client_imports import go_on_with_import
from tasks.client_letters import prepare_client_letter
from tasks.deal_imports import go_on_with_deals
from tasks.happening import NotDone, Prepare, Prepared, Settle, by_itself, by_whoever_holds
from tasks.new_ladders import let_late_steps_climb
from tasks.notices import prepare_letter
from tasks.one_by_one import give_way
from tasks.password_letters import prepare_password_letter
from tasks.search_texts import find_anew_by_pages, find_missed_by_pages
from tasks.services import Services
from tasks.signals import prepare_signal
from tasks.telegram import prepare_telegram_letter, prepare_telegram_reply
from tasks.text_indexes import merge_text_indexes
from tasks.turns import JOB_TURN

_EVENTS_AT_ONCE = 100
_A_WHILE = timedelta(seconds=2)
"""How long an address is told before what it has taken is kept, and before it is noticed that it was removed."""
_MOVES_AT_ONCE = 50


class UnknownEffect(Exception):
    """A job of a kind that this version does not know: a newer one left it."""


def prepare_effect(services: Services, session: Session, job: Job) -> Prepared:
    """Read what it takes to do what ``job`` says. Raises UnknownEffect, and whatever goes wrong."""
    prepare = _EFFECTS.get(job.kind)
    if prepare is None:
        raise UnknownEffect(job.kind)
    return prepare(services, session, job)


def _deliver_events(services: Services, job: Job) -> None:
    """Deliver in order, for a turn; the schedule queues the rest."""
    until = services.clock.now() + JOB_TURN
    while True:
        with services.database.read(snapshot=False) as session:
            behind = backlog(session, job, limit=_EVENTS_AT_ONCE)
        if behind is None or not behind.events or services.clock.now() >= until:
            return
        _deliver_batch(services, job, behind, min(until, services.clock.now() + _A_WHILE))


def _deliver_batch(services: Services, job: Job, behind: WebhookBacklog, until: datetime) -> None:
    """As many as there is time for. An address that has taken some is alive: its tries are counted anew."""
    passed = 0
    try:
        for event in behind.events:
            if services.clock.now() >= until:
                break
            if event.is_wanted:
                services.webhooks.call(
                    WebhookCall(
                        url=behind.url,
                        secret=behind.secret,
                        event_id=event.event_id,
                        kind=event.kind,
                        body=event.body,
                        sent_at=services.clock.now(),
                    )
                )
            passed = event.event_id
    except Exception as failure:
        if not passed:
            raise
        took_a_part = partial(confirm_delivery, webhook_id=behind.webhook_id, event_id=passed)
        raise NotDone(failure, took_a_part, is_first=True) from failure
    with services.database.write() as session:
        confirm_delivery(session, behind.webhook_id, passed)
        hold_job(session, job.id, at=services.clock.now())


def _move_deals(services: Services, job: Job) -> Settle:
    """Give deal after deal its turn, as far as the job's own goes; another job goes on from there.

    Each deal is moved in a transaction of its own, so that a worker that is killed leaves every deal whole: its job is
    done again when the lease is over, and finds only those whose turn has not come. A job of a move that was stopped
    takes nothing back, should that be asked for before the job ends: another does, in the name of who asked.
    """
    move_id, taken_back_by_id = int(job.payload["move_id"]), job.payload.get("taken_back_by_id")
    work = VersionMoveState(job.payload["work"]) if "work" in job.payload else None
    until = services.clock.now() + JOB_TURN
    while services.clock.now() < until:
        with services.database.read() as session:
            next_ones = turns(session, move_id, limit=_MOVES_AT_ONCE, work=work)
        if not next_ones:
            break
        for moved_deal_id in next_ones:
            take_turn(services.database, moved_deal_id, clock=services.clock, taken_back_by_id=taken_back_by_id)
            give_way(services)
    go_on = partial(
        continue_version_move,
        move_id=move_id,
        clock=services.clock,
        taken_back_by_id=taken_back_by_id,
        work=work,
    )
    return by_whoever_holds(job, go_on)


_EFFECTS: Mapping[str, Prepare] = {
    LETTER: prepare_letter,
    TELEGRAM_LETTER: prepare_telegram_letter,
    TELEGRAM_REPLY: prepare_telegram_reply,
    WEBHOOK: by_itself(_deliver_events),
    SIGNAL: prepare_signal,
    VERSION_MOVE: by_itself(_move_deals),
    CALL: by_itself(make_call),
    CHECKPOINT: by_itself(publish_checkpoint),
    PASSWORD_LETTER: prepare_password_letter,
    ACCESS_LETTER: prepare_access_letter,
    SEARCH_TEXTS: by_itself(find_anew_by_pages),
    MISSED_TEXTS: by_itself(find_missed_by_pages),
    TEXT_INDEXES: by_itself(merge_text_indexes),
    CLIENT_IMPORT: by_itself(go_on_with_import),
    DEAL_IMPORT: by_itself(go_on_with_deals),
    CLIENT_LETTER: prepare_client_letter,
    AWAITED_DEADLINES: by_itself(set_deadlines_by_pages),
    CLIENT_DECISIONS: by_itself(tell_by_pages),
    NEW_LADDER: by_itself(let_late_steps_climb),
}
