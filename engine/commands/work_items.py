"""Work items: claim, release, hand on, give more time, comment, keep a draft. Completing has a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldType
from engine.bpmn.deadline_text import parse_deadline
from engine.clock import Clock, as_utc
from engine.commands.deal_files import put_files
from engine.commands.history import record
from engine.commands.locks import lock_work_item
from engine.commands.mentions import people_mentioned, tell_mentioned
from engine.commands.notifications import notify
from engine.commands.step_opening import calendar_of_step, ladder_of_step
from engine.commands.stored_files import BroughtFile
from engine.errors import (
    N_,
    DomainError,
    FieldNotUnderstood,
    FieldRequired,
    InvalidInput,
    NotAllowed,
)
from engine.events import (
    Commented,
    DeadlineExtended,
    StepClaimed,
    StepDelegated,
    StepReleased,
    plain,
)
from engine.model.delegation import Delegation
from engine.model.draft import CommentDraft, Draft
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.approved_content import deal_value
from engine.policy.approvers import NotGiven
from engine.policy.due_dates import due_at
from engine.policy.escalation_ladder import next_escalation_at
from engine.policy.field_values import Locale, is_as_shown
from engine.policy.file_limits import NO_FILES, FileLimits
from engine.policy.permissions import Actor, may_claim_step, may_direct_step
from engine.policy.personal_texts import ERASED
from engine.policy.simultaneous_edits import UNKNOWN, AsOf
from engine.queries.behalf import behalf_name, behalf_of
from engine.queries.changes_since import changed_since, touch_of
from engine.queries.deal_files import reference
from engine.queries.other_eyes import barred_of
from engine.queries.processes import process_of
from engine.queries.receivers import receiving
from engine.queries.work_items import shown_of_itself


class FourEyes(NotAllowed):
    """The rule of two persons: who asks for an approval, or prepared its content, is not the one who gives it."""

    code: ClassVar[str] = "four_eyes"
    template: ClassVar[str] = N_(
        "Whoever asked for this approval, or prepared what is approved, may not give it: somebody else has to."
    )


class StepNotYours(NotAllowed):
    code: ClassVar[str] = "step_not_yours"
    template: ClassVar[str] = N_("This step is not yours to do: it is with %(with_whom)s.")


class DeadlineNotLater(DomainError):
    code: ClassVar[str] = "deadline_not_later"
    template: ClassVar[str] = N_("The new deadline must lie in the future.")


def claim_work_item(session: Session, work_item_id: int, *, actor: Actor, clock: Clock) -> WorkItem:
    """Take a step of one's department. Taking one's own again changes nothing.

    Raises NotFound, AlreadyClaimed, AlreadyCompleted, AlreadyCancelled, NotAllowed, FourEyes.
    """
    work_item, instance = lock_work_item(session, work_item_id, actor)
    work_item.ensure_live()
    if work_item.assignee_id == actor.person_id and work_item.state is WorkItemState.CLAIMED:
        return work_item
    person = session.get_one(Person, actor.person_id)
    work_item_free = may_claim_step(actor, assignee_id=work_item.assignee_id, group_id=work_item.group_id)
    if work_item.assignee_id is None and not work_item_free:
        raise StepNotYours(with_whom=holder_of(work_item))
    if work_item.assignee_id is None:
        step = process_of(session, instance.definition_id).steps[work_item.element_id]
        barred = barred_of(session, step, work_item, instance.deal)
        if barred & {actor.person_id, behalf_of(session, work_item, actor, barred=barred)}:
            raise FourEyes
    behalf = behalf_name(session, work_item, actor)
    work_item.claim(person, at=clock.now())
    record(
        session,
        StepClaimed(name=work_item.name, on_behalf_of=behalf),
        actor=actor,
        at=clock.now(),
        deal=instance.deal,
        work_item_id=work_item.id,
    )
    return work_item


def release_work_item(session: Session, work_item_id: int, *, actor: Actor, clock: Clock) -> WorkItem:
    """Give a step back to its department. Raises NotFound, AlreadyCompleted, AlreadyCancelled, NotAllowed."""
    work_item, instance = lock_work_item(session, work_item_id, actor)
    work_item.ensure_live()
    if work_item.group_id is None:
        raise NotAllowed(reason=N_("This step belongs to a person, not to a department; hand it on instead."))
    if work_item.assignee_id is None:
        return work_item
    _ensure_may_direct(work_item, actor)
    behalf = behalf_name(session, work_item, actor)
    work_item.release()
    record(
        session,
        StepReleased(name=work_item.name, on_behalf_of=behalf),
        actor=actor,
        at=clock.now(),
        deal=instance.deal,
        work_item_id=work_item.id,
    )
    return work_item


def delegate_work_item(
    session: Session, work_item_id: int, to_person_id: int, comment: str = "", *, actor: Actor, clock: Clock
) -> WorkItem:
    """Hand a step to somebody else; an approval only within the department asked, and not to whom four eyes bar.

    To whom has it already, nothing is handed on.

    Raises NotFound, AlreadyCompleted, AlreadyCancelled, NotAllowed, InvalidInput.
    """
    work_item, instance = lock_work_item(session, work_item_id, actor)
    work_item.ensure_live()
    _ensure_may_direct(work_item, actor)
    person = session.get(Person, to_person_id)
    if not to_person_id:
        raise InvalidInput({"to": FieldRequired(label=N_("To whom"))})
    if person is None or not person.is_active:
        raise InvalidInput({"to": FieldNotUnderstood(value=to_person_id, expected=N_("a person"))})
    step = process_of(session, instance.definition_id).steps[work_item.element_id]
    refusal = receiving(session, step, work_item).refusal(person.id)
    if refusal is NotGiven.FOUR_EYES:
        raise FourEyes
    if refusal is NotGiven.OTHER_DEPARTMENT:
        raise NotAllowed(reason=N_("An approval stays in the department that is asked, or with its heads."))
    previous_id = work_item.assignee_id
    if previous_id == person.id:
        return work_item
    behalf = behalf_name(session, work_item, actor)
    _note_delegation(session, work_item, person.id, comment.strip(), actor=actor, at=clock.now())
    work_item.assign(person, at=clock.now())
    for kind, who in ((NoticeKind.STEP_HANDED, person.id), (NoticeKind.STEP_TAKEN, previous_id)):
        told = [who] if who is not None else []
        notify(session, kind, to=told, at=clock.now(), by=actor, work_item=work_item, text=comment)
    record(
        session,
        StepDelegated(name=work_item.name, to=person.full_name, comment=comment.strip(), on_behalf_of=behalf),
        actor=actor,
        at=clock.now(),
        deal=instance.deal,
        work_item_id=work_item.id,
    )
    return work_item


def _note_delegation(
    session: Session, work_item: WorkItem, to_id: int, note: str, *, actor: Actor, at: datetime
) -> None:
    """Keep from whom the step comes, so that it can be handed back."""
    by_id = behalf_of(session, work_item, actor) or actor.recorded_id
    if by_id is None:
        return
    session.add(
        Delegation(work_item_id=work_item.id, by_id=by_id, from_id=work_item.assignee_id, to_id=to_id, note=note, at=at)
    )


def extend_work_item(
    session: Session, work_item_id: int, until: datetime | str, reason: str, *, actor: Actor, clock: Clock
) -> WorkItem:
    """Give a step more time: until an instant, or by a rule such as "2 р.д." counted from now.

    By a head of the responsible's department, the head of sales or the administrator; never by who holds the step.
    Raises NotFound, AlreadyCompleted, AlreadyCancelled, NotAllowed, InvalidInput.
    """
    work_item, instance = lock_work_item(session, work_item_id, actor)
    work_item.ensure_live()
    if work_item.assignee_id in actor.people_acted_for or not may_direct_step(
        actor, assignee_id=None, group_id=None, assignee_department_ids=responsible_departments(work_item)
    ):
        raise NotAllowed(reason=N_("Only a head may give a step more time."))
    _ensure_says(until, reason)
    at = clock.now()
    calendar = calendar_of_step(session, work_item)
    try:
        wanted = as_utc(until) if isinstance(until, datetime) else due_at(parse_deadline(until), at, calendar)
    except (DomainError, ValueError) as error:
        fault = error if isinstance(error, DomainError) else FieldNotUnderstood(value=until, expected=N_("a deadline"))
        raise InvalidInput({"due_at": fault}) from error
    if wanted <= at:
        raise InvalidInput({"due_at": DeadlineNotLater()})
    previous, work_item.due_at = work_item.due_at, wanted
    process = process_of(session, instance.definition_id)
    ladder = ladder_of_step(session, process, process.steps[work_item.element_id], work_item.group_id)
    work_item.next_escalation_at = next_escalation_at(
        ladder, wanted, calendar, work_item.escalation_reached, opened_at=work_item.opened_at
    )
    record(
        session,
        DeadlineExtended(name=work_item.name, previous=previous, due_at=wanted, reason=reason.strip()),
        actor=actor,
        at=at,
        deal=instance.deal,
        work_item_id=work_item.id,
    )
    return work_item


def _ensure_says(until: datetime | str, reason: str) -> None:
    """Raises InvalidInput for what was left empty, all of it at once."""
    missing: dict[str, DomainError] = {}
    if isinstance(until, str) and not until.strip():
        missing["due_at"] = FieldRequired(label=N_("How much more, counted from now"))
    if not reason.strip():
        missing["reason"] = FieldRequired(label=N_("Reason"))
    if missing:
        raise InvalidInput(missing)


def comment_on_work_item(
    session: Session,
    work_item_id: int,
    text: str,
    *,
    actor: Actor,
    clock: Clock,
    files: Sequence[BroughtFile] = (),
    limits: FileLimits = NO_FILES,
) -> WorkItem:
    """Say something at a step, with files that were brought or without. Raises NotFound, InvalidInput, FileRefused."""
    work_item, instance = lock_work_item(session, work_item_id, actor)
    if not (text.strip() or files):
        raise InvalidInput({"text": FieldRequired(label=N_("Comment"))})
    at = clock.now()
    put = put_files(session, instance.deal, files, work_item=work_item, actor=actor, at=at, limits=limits)
    mentioned = people_mentioned(session, instance.deal_id, text, at=at)
    names = {person.login: person.full_name for person in mentioned}
    record(
        session,
        Commented(text=text.strip(), step=work_item.name, mentions=names, files=[reference(one) for one in put]),
        actor=actor,
        at=at,
        deal=instance.deal,
        work_item_id=work_item.id,
    )
    tell_mentioned(session, instance.deal, mentioned, text, actor=actor, at=at, work_item=work_item)
    mine = CommentDraft.work_item_id == work_item.id, CommentDraft.person_id == actor.person_id
    session.execute(delete(CommentDraft).where(*mine))
    return work_item


def save_draft(
    session: Session,
    work_item_id: int,
    typed: Mapping[str, Any],
    *,
    comment: str = "",
    actor: Actor,
    clock: Clock,
    locale: Locale = "uk",
    zone: str = "Europe/Kyiv",
    read_as_of: AsOf | None = None,
    told_as_of: AsOf | None = None,
) -> datetime:
    """Keep a half-filled form and what is said with it as typed, per person, and say when it was kept.

    What is left as the form showed it is not kept: nobody typed it, and it must not hide what the deal says later.
    ``locale`` says how numbers in texts are written, ``zone`` in which moments without one are meant.
    ``read_as_of`` is when the form was shown, None: just now; ``told_as_of`` when it said what both have changed.
    Raises NotFound, AlreadyCompleted, AlreadyCancelled.

    What was typed into fields that the step had in another version of its map stays, unseen: the deal may go back.
    """
    work_item, instance = lock_work_item(session, work_item_id, actor)
    work_item.ensure_live()
    deal = instance.deal
    since = changed_since(session, deal, read_as_of) if read_as_of is not None else {}
    draft = session.get(Draft, (work_item_id, actor.person_id))
    if draft is None:
        draft = Draft(work_item_id=work_item_id, person_id=actor.person_id, typed={})
        session.add(draft)
    step = process_of(session, instance.definition_id).steps[work_item.element_id]
    shown = {field.name for field in step.fields}
    unseen = {name: text for name, text in draft.texts.items() if name not in shown}
    at = clock.now()
    shown_now = shown_of_itself(session, deal, instance.definition_id, step, at)
    touches = {field.name: touch for field in step.fields if (touch := touch_of(since, field.name)) is not None}
    shown_first = {**shown_now, **{name: one.before for name, one in touches.items() if one.before is not UNKNOWN}}
    left = {
        field.name
        for field in step.fields
        if field.name in typed
        and field.type is not FieldType.FILE
        and any(
            is_as_shown(field, typed[field.name], shown[field.name], locale, zone=zone)
            for shown in (shown_now, shown_first)
        )
    }
    left |= {name for name in touches if deal_value(deal, deal.client, name) == ERASED}  # an old page has the text
    known = told_as_of or read_as_of or AsOf(deal.history_length, deal.client.version)
    texts = unseen | {name: one for name, one in plain(typed).items() if name not in left}
    draft.keep(texts, (known.deal, known.client), unseen=unseen)
    draft.comment, draft.saved_at = comment, at
    return at


def save_comment_draft(session: Session, work_item_id: int, text: str, *, actor: Actor, clock: Clock) -> datetime:
    """Keep a half-written comment of a person at a step, done or not, and say when it was kept; an empty one goes.

    Raises NotFound.
    """
    work_item, _ = lock_work_item(session, work_item_id, actor)
    at = clock.now()
    draft = session.get(CommentDraft, (work_item.id, actor.person_id))
    if not text.strip():
        if draft is not None:
            session.delete(draft)
    elif draft is None:
        session.add(CommentDraft(work_item_id=work_item.id, person_id=actor.person_id, text=text, saved_at=at))
    else:
        draft.text, draft.saved_at = text, at
    return at


def holder_of(work_item: WorkItem) -> str:
    """The name of the person who has the step, else of the department that may take it."""
    if work_item.assignee is not None:
        return work_item.assignee.full_name
    return work_item.group.name if work_item.group is not None else ""


def responsible_departments(work_item: WorkItem) -> frozenset[int]:
    """Ids of the departments of who holds the step, and of the one that may take it."""
    ids = {one.id for one in work_item.assignee.departments} if work_item.assignee is not None else set()
    return frozenset(ids | ({work_item.group_id} if work_item.group_id is not None else set()))


def _ensure_may_direct(work_item: WorkItem, actor: Actor) -> None:
    if not may_direct_step(
        actor,
        assignee_id=work_item.assignee_id,
        group_id=work_item.group_id,
        assignee_department_ids=responsible_departments(work_item),
    ):
        raise StepNotYours(with_whom=holder_of(work_item))
