"""Deals: open, change, comment. Suspending, cancelling and moving have files of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.inspection import lie_ahead, with_given
from engine.bpmn.runtime import EvaluateConditions
from engine.clock import Clock
from engine.commands.approved_changes import (
    ContentApproved,
    approved_elements,
    ask_again_after_change,
    asked_approvals,
    ensure_none_spared,
    read_by,
)
from engine.commands.clients import ClientDraft, add_client
from engine.commands.deal_fields import ensure_not_calculated, own_fields, read_own_fields, recalculated
from engine.commands.deal_files import put_files
from engine.commands.edited_meanwhile import unseen_kept_of_deal
from engine.commands.execution import run_step, start_instance
from engine.commands.file_fields import ensure_references
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import close_unopened
from engine.commands.locks import lock_deal
from engine.commands.loss_choices import read_loss_reason
from engine.commands.mentions import people_mentioned, tell_mentioned
from engine.commands.search_texts import deal_search_text, find_anew
from engine.commands.stored_files import BroughtFile
from engine.db.work_session import number
from engine.errors import (
    N_,
    Conflict,
    DomainError,
    FieldNotUnderstood,
    FieldRequired,
    InvalidInput,
    NotAllowed,
    NotFound,
)
from engine.events import Commented, DealChanged, DealOpened, plain
from engine.model.client import Client
from engine.model.deal import Deal, DealResult
from engine.model.person import OWNERS, Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import PENDING, WorkItem, WorkItemState
from engine.policy.exchange_rates import CURRENCIES
from engine.policy.file_limits import NO_FILES, FileLimits
from engine.policy.permissions import Ability, Actor, ensure_may, may, role_may
from engine.policy.visible_names import is_invisible
from engine.queries.approved_contents import fields_approved_as_whole
from engine.queries.calendars import default_calendar
from engine.queries.deal_files import reference
from engine.queries.decided_fields import decided_alone
from engine.queries.facts import DealFacts, typed_fields
from engine.queries.processes import process_of
from engine.queries.scopes import choosable_clients, known_as, visible_deals

_LARGEST_AMOUNT = Decimal("9999999999999.99")


class MapNotPublished(DomainError):
    code: ClassVar[str] = "map_not_published"
    template: ClassVar[str] = N_("There is no published sales map “%(key)s”.")


class DealClosed(Conflict):
    code: ClassVar[str] = "deal_closed"
    template: ClassVar[str] = N_("The deal is closed and cannot be changed.")


class NotAmongFields(DomainError):
    """The deal's own values are checked and told under their own names only."""

    code: ClassVar[str] = "not_among_fields"
    template: ClassVar[str] = N_("“%(name)s” is no field of the map: it is changed as “%(own)s” of the deal itself.")


class FoundByOthers(DomainError):
    """What somebody who may not change deals has found out decides, and no seller's wish in its stead."""

    code: ClassVar[str] = "found_by_others"
    template: ClassVar[str] = N_(
        "“%(label)s” was given by %(by)s at “%(step)s”, and the map decides by it: it is changed by a step only."
    )


class DecidedByTable(DomainError):
    """What a decision table gave stands until it decides again."""

    code: ClassVar[str] = "decided_by_table"
    template: ClassVar[str] = N_("“%(label)s” is decided by a table of the map.")


@dataclass(frozen=True, slots=True)
class DealDraft:
    """What is typed about a new deal. Exactly one of ``client_id`` and ``client`` is given.

    ``amount`` is in ``currency`` (ISO 4217) with at most two decimals. Without ``owner_id`` the actor owns the deal.
    """

    title: str
    definition_key: str
    client_id: int | None = None
    client: ClientDraft | None = None
    amount: Decimal | None = None
    currency: str = "UAH"
    owner_id: int | None = None
    close_date: date | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def open_deal(
    session: Session,
    draft: DealDraft,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
    message: str | None = None,
) -> Deal:
    """Open a deal and start its instance on the published version of the map.

    ``message`` names the message start event to begin at. Raises NotAllowed, InvalidInput, MapFailed, KeyReused, and
    NotFound where it was opened under that id and is not open to the actor any more.
    """
    ensure_may(actor, Ability.OPEN_DEAL)
    at = clock.now()
    done = already_performed(session, command_id, "open_deal", draft_arguments(draft), actor=actor, at=at)
    if done is not None:
        return _still_seen(session, done["deal_id"], actor)
    definition = session.scalar(
        select(ProcessDefinition).where(
            ProcessDefinition.key == draft.definition_key, ProcessDefinition.state == DefinitionState.PUBLISHED
        )
    )
    client, owner, fields = _ensure_draft_sound(session, draft, definition, actor, clock)
    if definition is None or owner is None or client is None:
        raise NotFound
    found = SoundDraft(replace(draft, fields=fields), definition, client, owner)
    deal = open_sound_deal(session, found, next_number(session, at), message=message, actor=actor, at=at)
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal


def _still_seen(session: Session, deal_id: int, actor: Actor) -> Deal:
    """Raises NotFound."""
    found = session.scalar(select(Deal).where(Deal.id == deal_id, visible_deals(actor, only=deal_id)))
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class SoundDraft:
    """A draft in which nothing is wrong, with the records that it names."""

    draft: DealDraft
    definition: ProcessDefinition
    client: Client
    owner: Person


def open_sound_deal(
    session: Session, sound: SoundDraft, deal_number: str, *, message: str | None = None, actor: Actor, at: datetime
) -> Deal:
    """Open a deal of which everything has been looked at. Raises MapFailed."""
    draft, definition, client, owner = sound.draft, sound.definition, sound.client, sound.owner
    deal = Deal(
        number=deal_number,
        title=draft.title.strip(),
        client_id=client.id,
        client=client,
        amount=draft.amount,
        currency=draft.currency,
        close_date=draft.close_date,
        owner_id=owner.id,
        owner=owner,
        definition_key=definition.key,
        fields=dict(plain(draft.fields)),
        opened_at=at,
        stage_since=at,
        history_length=0,
        history_hash="",
        result=DealResult.OPEN,
        loss_reason="",
        loss_reason_id=None,
        stage="",
    )
    deal.search_text = deal_search_text(deal)
    number(session, [deal])
    session.add(deal)
    record(
        session,
        DealOpened(
            number=deal.number,
            title=deal.title,
            client=client.name,
            amount=deal.amount,
            currency=deal.currency,
            owner=owner.full_name,
            map_key=definition.key,
            map_version=definition.version,
            map_hash=definition.content_hash,
        ),
        actor=actor,
        at=at,
        deal=deal,
    )
    instance = ProcessInstance(
        deal_id=deal.id,
        deal=deal,
        definition_id=definition.id,
        definition=definition,
        execution_state=b"",
        walked={},
        open_incidents=0,
        started_at=at,
        state=InstanceState.RUNNING,
    )
    number(session, [instance])
    session.add(instance)
    start_instance(session, instance, deal.fields, message=message, actor=actor, at=at)
    close_unopened(session, deal, definition.id, actor=actor, at=at)
    return deal


def update_deal(
    session: Session,
    deal_id: int,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    read_version: int | None = None,
    told_version: int | None = None,
    ask_again: bool = False,
) -> Deal:
    """``changes``: title, amount, currency, close_date, owner_id, loss_reason, loss_reason_id, fields (merged by name).

    With ``read_version``, the length of the deal's history when the editor read it, what others changed since stays
    where the editor left it alone, and is told where both have changed it; what the editor was told of as of
    ``told_version`` is wanted all the same.

    By the deal's owner, the head of sales or an administrator. Conditions that wait for data are looked at again.
    While approvals are asked for or given, sum and fields stay as they are: only a step of the map changes them. With
    ``ask_again``, what was approved changes where the map allows it, and the deal goes back to be approved anew.
    A change by which a passed decision would have led by an approval is refused: nobody would ask for that any more.
    Raises NotFound, NotAllowed, InvalidInput, DealClosed, EditedMeanwhile, ContentApproved, ApprovalSpared, MapFailed.
    """
    deal, instance = lock_deal(session, deal_id, actor)
    ensure_may_edit(deal, actor)
    if deal.result is not DealResult.OPEN and changes.keys() - {"loss_reason", "loss_reason_id"}:
        raise DealClosed
    at = clock.now()
    wanted = dict(changes)
    _ensure_readable(session, wanted, instance)
    read_loss_reason(session, deal, wanted)
    if read_version is not None:
        wanted = unseen_kept_of_deal(session, deal, wanted, read_version, told_version=told_version)
    process = process_of(session, instance.definition_id)
    facts = DealFacts(deal, process, calendar=default_calendar(session), at=at)
    read_before = read_by(process, instance.execution_state, facts)
    changed = _set_columns(session, deal, wanted)
    fields = _others_than(deal.fields, plain(wanted.get("fields", {})), process)
    _ensure_not_decided(process, fields)
    _ensure_not_found_by_others(session, instance, process, fields)
    ensure_not_calculated(process, fields)
    fields |= recalculated(session, deal, process, fields, at=at)
    if "deal.amount" in fields and (amount := fields.pop("deal.amount")) is not None:
        changed["amount"] = [deal.amount, Decimal(amount)]
        deal.amount = Decimal(amount)
    was_approved = bool(fields or changed.keys() & _CONTENT) and is_approved(session, instance)
    if was_approved and not (ask_again and instance.state is InstanceState.RUNNING):
        raise ContentApproved
    changed |= {name: [deal.fields.get(name), value] for name, value in fields.items()}
    deal.fields = {**deal.fields, **fields}
    if not changed:
        return deal
    if fields:  # conditions read them by their bare names, too
        known = own_fields(process)
        given = typed_fields(process, {name: value for name, value in fields.items() if name in known})
        instance.execution_state = with_given(process, instance.execution_state, given)
    read_now = read_by(process, instance.execution_state, facts)
    find_anew(session, deal, is_renamed="title" in changed)
    record(session, DealChanged(changes=changed), actor=actor, at=at, deal=deal)
    if was_approved:
        ask_again_after_change(session, instance, changed.keys(), actor=actor, at=at)
    ensure_none_spared(session, instance, process, read_before, read_now)
    if instance.state is InstanceState.RUNNING:
        run_step(session, instance, EvaluateConditions(), actor=actor, at=at)
    return deal


def _set_columns(session: Session, deal: Deal, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Write what is wanted into the deal's own columns; [old, new] of each that changed."""
    changed: dict[str, Any] = {}
    if "loss_reason_id" in wanted and wanted["loss_reason_id"] != deal.loss_reason_id:
        changed["loss_reason"] = [deal.loss_reason, wanted.get("loss_reason", deal.loss_reason)]
        deal.loss_reason_id = wanted["loss_reason_id"]
    for name in ("title", "amount", "currency", "close_date", "owner_id", "loss_reason"):
        if name in wanted and wanted[name] != getattr(deal, name):
            changed[name] = [getattr(deal, name), wanted[name]]
            setattr(deal, name, wanted[name])
    if "owner_id" in changed:
        deal.owner = session.get_one(Person, deal.owner_id)
    return changed


def _others_than(stored: Mapping[str, Any], wanted: Mapping[str, Any], process: CompiledProcess) -> dict[str, Any]:
    """Those of ``wanted`` that say something else than is stored: 30.0 is 30, whoever writes it how."""
    different = {name: value for name, value in wanted.items() if stored.get(name) != value}
    before = typed_fields(process, {name: stored.get(name) for name in different})
    now = typed_fields(process, different)
    return {name: value for name, value in different.items() if before.get(name) != now.get(name)}


def _ensure_not_decided(process: CompiledProcess, fields: Mapping[str, Any]) -> None:
    decided = decided_alone(process)
    errors = {name: DecidedByTable(label=decided[name].label) for name in fields if name in decided}
    if errors:
        raise InvalidInput(errors)


def _ensure_not_found_by_others(
    session: Session, instance: ProcessInstance, process: CompiledProcess, fields: Mapping[str, Any]
) -> None:
    """What expressions read by its bare name stays as the last step gave it whose doer may not change deals."""
    known, missing = own_fields(process), {name for name in fields if name in process.variables}
    if not missing:
        return
    done = session.scalars(
        select(WorkItem)
        .where(WorkItem.instance_id == instance.id, WorkItem.state == WorkItemState.COMPLETED)
        .order_by(WorkItem.completed_at.desc(), WorkItem.id.desc())
    )
    errors: dict[str, DomainError] = {}
    for item in done:
        given = {name.removeprefix("deal."): value for name, value in (item.values or {}).items()}
        for name in missing & given.keys():
            by = item.completed_by
            if given[name] not in (None, "") and by is not None and not role_may(by.role, Ability.EDIT_DEAL):
                label = known[name].label if name in known else name
                errors[name] = FoundByOthers(label=label, by=by.full_name, step=item.name)
        missing -= given.keys()
    if errors:
        raise InvalidInput(errors)


_CONTENT = frozenset({"amount", "currency"})
_OWN_VALUES = frozenset({"deal.title", "deal.amount", "deal.currency", "deal.close_date"})


def is_approved(session: Session, instance: ProcessInstance) -> bool:
    """Whether an approval is asked for, or was given and is not asked for anew.

    A deal that was sent back behind all its approvals may change, as in rework. One that was returned by the second of
    two, behind the first, may not: nobody would ask the first again.
    """
    asked = asked_approvals(session, instance)
    if any(one.state in PENDING for one in asked):
        return True
    process = process_of(session, instance.definition_id)
    approved = approved_elements(process, asked)
    state = instance.execution_state
    return bool(approved) and not (state and lie_ahead(process, state, approved))


def ensure_message_may_say(session: Session, instance: ProcessInstance, values: Mapping[str, Any]) -> None:
    """A message must not change behind the backs of those who approve what they name, a step asks for or they approved
    with the deal as a whole, nor what a table gave.

    Other values, and those that are not there yet, it may bring; into a file field only files of this deal. Raises
    ContentApproved, DecidedByTable, InvalidInput.
    """
    process = process_of(session, instance.definition_id)
    ensure_references(session, instance.deal_id, own_fields(process), values)
    changed = dict(_overwritten(instance.deal.fields, plain(values)))
    _ensure_not_decided(process, changed)
    if changed and is_approved(session, instance):
        bound = _asked_or_bound(process)
        bound |= fields_approved_as_whole(session, process, instance.deal, instance.id)
        if changed.keys() & bound:
            raise ContentApproved


def _asked_or_bound(process: CompiledProcess) -> set[str]:
    """What steps ask for and approvals name, by the names under which the deal keeps it."""
    names = [field.name for step in process.steps.values() for field in step.fields]
    names += [name for step in process.steps.values() if (rule := step.approved_content) for name in rule.names]
    return {name.removeprefix("deal.") for name in names}


def _overwritten(known: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields that are there and would be others. A dotted name writes into the field before its first dot."""
    for name, value in values.items():
        root = name.partition(".")[0]
        if known.get(name) not in (None, "", value):
            yield name, value
        if root != name and known.get(root) not in (None, ""):
            yield root, value


def comment_on_deal(
    session: Session,
    deal_id: int,
    text: str,
    *,
    actor: Actor,
    clock: Clock,
    files: Sequence[BroughtFile] = (),
    limits: FileLimits = NO_FILES,
) -> Deal:
    """Say something in a deal, with files that were brought or without. Raises NotFound, InvalidInput, FileRefused."""
    deal, _ = lock_deal(session, deal_id, actor)
    if not (text.strip() or files):
        raise InvalidInput({"text": FieldRequired(label=N_("Comment"))})
    at = clock.now()
    put = put_files(session, deal, files, work_item=None, actor=actor, at=at, limits=limits)
    mentioned = people_mentioned(session, deal.id, text, at=at)
    names = {person.login: person.full_name for person in mentioned}
    event = Commented(text=text.strip(), mentions=names, files=[reference(one) for one in put])
    record(session, event, actor=actor, at=at, deal=deal)
    tell_mentioned(session, deal, mentioned, text, actor=actor, at=at)
    return deal


def draft_arguments(draft: DealDraft) -> dict[str, Any]:
    """What tells the command to open this deal from the command to open another."""
    return {
        "title": draft.title,
        "map": draft.definition_key,
        "client_id": draft.client_id,
        "client": draft.client.name if draft.client is not None else None,
        "amount": draft.amount,
        "currency": draft.currency,
        "owner_id": draft.owner_id,
        "close_date": draft.close_date,
        "fields": draft.fields,
    }


def next_number(session: Session, at: datetime) -> str:
    """``<year>-<running number>``: the year by the company's calendar. The highest number so far, plus one.

    On SQLite there is one writer; on PostgreSQL an advisory lock of the transaction orders those who open deals.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_NUMBERING)))
    year = default_calendar(session).local(at).year
    last = session.scalar(select(Deal.number).where(Deal.number.like(f"{year}-%")).order_by(Deal.id.desc()).limit(1))
    return f"{year}-{int(last.partition('-')[2]) + 1 if last else 1:05d}"


_NUMBERING = 7_239_001  # any constant: the name of the lock


def _ensure_draft_sound(
    session: Session, draft: DealDraft, definition: ProcessDefinition | None, actor: Actor, clock: Clock
) -> tuple[Client | None, Person | None, Mapping[str, Any]]:
    """The client (added, if new), the owner, the fields as the map types them. All that is wrong is told at once.

    Raises InvalidInput.
    """
    errors: dict[str, DomainError] = {}
    if definition is None:
        errors["definition_key"] = MapNotPublished(key=draft.definition_key)
    fields = draft.fields
    if fields and definition is not None:
        fields, wrong = read_own_fields(session, process_of(session, definition.id), fields)
        errors |= wrong
    errors |= faults_of_values(draft.title, draft.amount, draft.currency)
    owner = session.get(Person, draft.owner_id or actor.person_id)
    if owner is None or not owner.is_active or owner.role not in OWNERS:
        errors["owner_id"] = FieldNotUnderstood(value=draft.owner_id or "", expected=N_("a sales manager"))
    client = None
    if draft.client_id is not None:
        # Locked, so that nobody merges it into another client before the deal is there.
        chosen = select(Client).where(known_as(draft.client_id), choosable_clients(actor))
        client = session.scalar(chosen.with_for_update(read=True, key_share=True, of=Client))
        if client is None:
            errors["client_id"] = FieldNotUnderstood(value=draft.client_id, expected=N_("a client"))
    elif draft.client is None:
        errors["client_id"] = FieldRequired(label=N_("Client"))
    elif not errors:
        try:
            client = add_client(session, draft.client, actor=actor, clock=clock)
        except InvalidInput as invalid:
            errors |= {f"client.{name}": error for name, error in invalid.errors.items()}
    if errors:
        raise InvalidInput(errors)
    return client, owner, fields


def faults_of_values(title: str, amount: Decimal | None, currency: str) -> dict[str, DomainError]:
    """What is wrong with the values themselves, by field."""
    errors: dict[str, DomainError] = {}
    if is_invisible(title):
        errors["title"] = FieldRequired(label=N_("Title"))
    try:
        if amount is not None and not (
            Decimal(0) <= amount <= _LARGEST_AMOUNT and amount == amount.quantize(Decimal("0.01"))
        ):
            errors["amount"] = FieldNotUnderstood(value=amount, expected=N_("an amount from 0 to 9,999,999,999,999.99"))
    except InvalidOperation:
        errors["amount"] = FieldNotUnderstood(value=amount, expected=N_("an amount from 0 to 9,999,999,999,999.99"))
    if currency not in CURRENCIES:
        errors["currency"] = FieldNotUnderstood(value=currency, expected=", ".join(CURRENCIES))
    return errors


def _ensure_readable(session: Session, wanted: dict[str, Any], instance: ProcessInstance) -> None:
    """Own fields in ``wanted`` become what the map's definitions make of them. Raises InvalidInput."""
    errors = faults_of_values(wanted.get("title", "-"), wanted.get("amount"), wanted.get("currency", "UAH"))
    if "owner_id" in wanted:
        owner = session.get(Person, wanted["owner_id"])
        if owner is None or not owner.is_active or owner.role not in OWNERS:
            errors["owner_id"] = FieldNotUnderstood(value=wanted["owner_id"], expected=N_("a sales manager"))
    if "fields" in wanted:
        process = process_of(session, instance.definition_id)
        for name in wanted["fields"].keys() & _OWN_VALUES:
            errors[f"fields.{name}"] = NotAmongFields(name=name, own=name.removeprefix("deal."))
        wanted["fields"], wrong = read_own_fields(session, process, wanted["fields"], deal_id=instance.deal_id)
        errors |= wrong
    if errors:
        raise InvalidInput(errors)


def ensure_may_edit(deal: Deal, actor: Actor) -> None:
    """Raises NotAllowed."""
    own = deal.owner_id in actor.people_acted_for
    if not (may(actor, Ability.EDIT_DEAL) and (own or may(actor, Ability.DIRECT_WORK))):
        raise NotAllowed(reason=N_("Only the deal's owner and the head of sales may change it."))
