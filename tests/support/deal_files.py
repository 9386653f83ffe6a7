"""Files of deals as people bring them, and the worker that opens them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from support.office import Office

from engine.commands.deal_import_files import bring_deals, look_into_deals, open_brought
from engine.commands.deal_import_turns import DealTurns, check_deals, finish_opening
from engine.model.client_import import RowState
from engine.queries.deal_imports import DealImportView, DealRow, deal_import, deal_import_rows
from engine.queries.sheet_columns import own_columns

DEALS = "Назва;Клієнт;Сума;Колір\nНасоси;ТОВ «Промінь»;12 500,50;синій\nПомпи;;багато;\nВали;ТОВ «Лан»;;\n"


@dataclass(frozen=True)
class DealFiles:
    """Files of deals that ``login`` brings to the office."""

    office: Office
    login: str = "olena"

    def bring(self, text: str = DEALS, **choices: Any) -> int:
        """Brought, and looked at by the worker."""
        with self.office.database.read() as session:
            own = own_columns(session, "sale")
        file = look_into_deals(text.encode(), "deals.csv", own)
        import_id = int(self.office.do(self.login, bring_deals, file, "sale", locale="uk", **choices).id)
        self.check(import_id)
        return import_id

    def open(self, text: str = DEALS) -> int:
        import_id = self.bring(text)
        self.office.do(self.login, open_brought, import_id)
        self.work(import_id)
        return import_id

    def check(self, import_id: int) -> None:
        check_deals(self.office.database, import_id, "job", clock=self.office.clock)

    def work(self, import_id: int) -> None:
        """What the worker does."""
        self.check(import_id)
        turns = DealTurns(self.office.database, import_id, self.office.clock)
        while turns.take():
            pass
        with self.office.database.write() as session:
            finish_opening(session, import_id, clock=self.office.clock)

    def view(self, import_id: int) -> DealImportView:
        with self.office.database.read() as session:
            return deal_import(session, self.office.actor(self.login), import_id)

    def rows(self, import_id: int) -> dict[int, DealRow]:
        """By their numbers in the file."""
        with self.office.database.read() as session:
            page = deal_import_rows(session, self.office.actor(self.login), import_id, limit=200)
            return {one.number: one for one in page.items}

    def states(self, import_id: int) -> dict[int, RowState]:
        return {number: row.state for number, row in self.rows(import_id).items()}
