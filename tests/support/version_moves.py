"""Version moves as an office sees them: started, done by a worker, looked at, taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from support.office import Office
from support.sales_map import sales_map
from support.versions import edited

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.inspection import fingerprint
from engine.commands.moved_deals import take_turn, undo_moved_deal
from engine.commands.version_moves import (
    MoveRequest,
    continue_version_move,
    start_version_move,
    turns,
)
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.timer import Timer
from engine.model.version_move import (
    MovedDeal,
    VersionMove,
)
from engine.model.work_item import WorkItem
from engine.queries.move_preview import move_preview
from engine.queries.version_moves import last_move_of_deal


def with_step(process: CompiledProcess, element_id: str, **changes: Any) -> CompiledProcess:
    return edited(process, {element_id: process.steps[element_id].model_copy(update=changes)})


def move(office: Office, to: ProcessDefinition, **request: Any) -> VersionMove:
    """Start a move and do what a worker does until it is over."""
    started = office.do("owner", start_version_move, to.id, MoveRequest(**request))
    work(office.database, started.id, office)
    return started


def work(database: Database, move_id: int, office: Office) -> None:
    while True:
        with database.read() as session:
            ids = turns(session, move_id, limit=10)
        if not ids:
            break
        for moved_deal_id in ids:
            take_turn(database, moved_deal_id, clock=office.clock)
    with database.write() as session:
        continue_version_move(session, move_id, clock=office.clock)


def rows(office: Office, started: VersionMove) -> list[MovedDeal]:
    with office.database.read() as session:
        return list(session.scalars(select(MovedDeal).where(MovedDeal.move_id == started.id).order_by(MovedDeal.id)))


def instance_of(office: Office, deal: Deal) -> ProcessInstance:
    with office.database.read() as session:
        return session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()


def everything(office: Office, deal: Deal) -> dict[str, Any]:
    """All that a deal is, apart from the counters that only grow."""
    with office.database.read() as session:
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == deal.id)).one()
        items = session.scalars(select(WorkItem).where(WorkItem.deal_id == deal.id).order_by(WorkItem.id)).all()
        timers = session.scalars(select(Timer).where(Timer.instance_id == instance.id).order_by(Timer.id)).all()
        columns = [column.key for column in WorkItem.__table__.columns if column.key != "version"]
        return {
            "state": fingerprint(instance.execution_state),
            "definition": instance.definition_id,
            "stage": (instance.deal.stage, instance.deal.stage_since),
            "items": [[getattr(item, column) for column in columns] for item in items],
            "timers": [(one.id, one.activity_id, one.node_id, one.due_at) for one in timers],
        }


def preview(office: Office, to: ProcessDefinition, **more: Any) -> Any:
    with office.database.read() as session:
        return move_preview(session, office.actor("owner"), to.id, at=office.clock.now(), **more)


def take_back(office: Office, started: VersionMove) -> MovedDeal:
    """Press the undo of the only deal of a move, and look what became of it."""
    office.do("owner", undo_moved_deal, rows(office, started)[0].id)
    return rows(office, started)[0]


def may_be_taken_back(office: Office, deal: Deal) -> int | None:
    with office.database.read() as session:
        return last_move_of_deal(session, deal.id)


def to_signing(office: Office, deal: Deal) -> None:
    office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    for login, step in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, step, "approved", deal=deal)


def without_alarm() -> CompiledProcess:
    """The sales map that does not call a silent client again."""
    process = sales_map()
    start = process.executable.index('<boundaryEvent id="silence"')
    end = process.executable.index("</boundaryEvent>") + len("</boundaryEvent>")
    flow = process.executable.index('sourceRef="silence"')
    flow_start = process.executable.rindex("<sequenceFlow", 0, flow)
    flow_end = process.executable.index("</sequenceFlow>", flow) + len("</sequenceFlow>")
    return edited(process, {}, (process.executable[start:end], ""), (process.executable[flow_start:flow_end], ""))
