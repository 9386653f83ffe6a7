"""A company in which permissions are tried: an own deal, a foreign one, and something of every kind beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Flask
from sqlalchemy import select
from support.api import ApiClient
from support.kept_sqlite import KeptSqlite
from support.office import Office
from support.web import Browser

from engine.commands.client_imports import bring_list, look_into
from engine.commands.clients import ContactDraft, add_contact
from engine.commands.consultations import ask_about_work_item
from engine.commands.deal_files import add_made_file
from engine.commands.deal_import_files import bring_deals, look_into_deals
from engine.commands.deals import comment_on_deal
from engine.commands.people import set_substitution
from engine.commands.saved_reports import ReportDraft, save_report
from engine.commands.webhooks import add_webhook
from engine.model.client_import import ImportKind
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.incident import Incident
from engine.model.mention import Mention
from engine.model.process_instance import ProcessInstance
from engine.model.saved_report import ReportKind
from engine.model.version_move import VersionMove, VersionMoveState
from engine.policy.permissions import Actor
from engine.policy.report_periods import ReportFilters

PEOPLE = ("olena", "danylo", "bohdan", "iryna", "petro", "owner", "admin")
"""The owner of the first deal, an outsider, the head of sales, two approvers, the owner of maps, the administrator."""


@dataclass(frozen=True)
class Records:
    """``deal`` is olena's, at its three approvals; the step is Legal's. The other deal is taras's, at its start.

    The saved report is bohdan's.
    """

    deal_id: int
    client_id: int
    work_item_id: int
    definition_id: int
    webhook_id: int
    move_id: int
    incident_id: int
    file_id: int
    question_id: int
    mention_id: int
    substitution_id: int
    contact_id: int
    import_id: int
    saved_report_id: int


class World:
    """The company with two deals, and the same again after every call."""

    def __init__(self, app: Flask, office: Office) -> None:
        self.office = office
        deal = office.open_deal("olena")
        office.prepare()
        other = office.open_deal("taras")
        webhook_id = office.do("admin", add_webhook, "https://erp.example.com/hooks", []).id
        step, first = office.step("legal", deal), office.step("prepare", other)
        with office.database.write() as session:
            move = VersionMove(definition_id=1, state=VersionMoveState.DONE, total=0, requested_at=office.clock.now())
            session.add(move)
        incident_id = self._fail(deal.id)
        common = 1, webhook_id, move.id, incident_id
        self.own = Records(
            *(deal.id, deal.client_id, step.id, *common, self._file(deal.id)), *self._told(deal, step.id, "olena")
        )
        self.foreign = Records(
            *(other.id, other.client_id, first.id, *common, self._file(other.id)),
            *self._told(other, first.id, "taras"),
        )
        self.programs = {login: ApiClient(app, office, login) for login in PEOPLE}
        self.nobody = ApiClient(app, office, None)
        self.browsers = {login: Browser(app, login) for login in PEOPLE}
        self.kept = KeptSqlite(office.database)

    def _told(self, deal: Deal, work_item_id: int, away: str) -> tuple[int, int, int, int, int, int]:
        """The head asked the administrator about the step, was named in a comment, and somebody is away in a year.

        Who will be away has brought a list of clients, and a file of deals under the same number.
        """
        office, company, day = self.office, self.office.company, date(2027, 7, 1)
        question = office.do("bohdan", ask_about_work_item, work_item_id, company.admin.id, "Як бути?")
        office.do("admin", comment_on_deal, deal.id, "@bohdan, гляньте")
        contact = office.do("admin", add_contact, deal.client_id, ContactDraft("Марія Іваненко"))
        with office.database.read() as session:
            mention_id = session.scalars(select(Mention.id).where(Mention.deal_id == deal.id)).one()
        person_id = getattr(company, away).id
        absence = office.do("admin", set_substitution, person_id, company.petro.id, day, day)
        file = look_into("Клієнт\nТОВ Лан\n".encode(), "clients.csv")
        brought = office.do(away, bring_list, ImportKind.CLIENTS, file)
        deals = look_into_deals("Назва;Клієнт\nНасоси;ТОВ Лан\n".encode(), "deals.csv", {})
        assert office.do(away, bring_deals, deals, "sale", locale="uk").id == brought.id
        draft = ReportDraft(f"Активність {deal.number}", ReportKind.ACTIVITY, ReportFilters())
        saved = office.do("bohdan", save_report, draft)
        return question.id, mention_id, absence.id, contact.id, brought.id, saved.id

    def _fail(self, deal_id: int) -> int:
        """A timer that nothing waits for any longer failed."""
        with self.office.database.write() as session:
            instance = session.query(ProcessInstance).filter_by(deal_id=deal_id).one()
            instance.open_incidents = 1
            stimulus = {"type": "FireTimer", "activity_id": "gone", "node_id": "silence", "due_at": ""}
            row = Incident(
                instance_id=instance.id,
                deal_id=deal_id,
                code="map_failed",
                stimulus=stimulus,
                occurred_at=self.office.clock.now(),
            )
            session.add(row)
            session.flush()
            return row.id

    def _file(self, deal_id: int) -> int:
        with self.office.database.write() as session:
            deal, at = session.get_one(Deal, deal_id), self.office.clock.now()
            kind, actor = "text/html", Actor.system()
            return add_made_file(session, deal, "a.html", b"a", media_type=kind, step="", actor=actor, at=at).id

    def restore(self) -> None:
        self.kept.restore()

    def close(self) -> None:
        self.kept.close()


def events_recorded(office: Office) -> int:
    """Every command leaves at least one."""
    with office.database.read() as session:
        return session.query(HistoryEvent).count()
