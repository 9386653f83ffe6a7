"""Lists of clients as people bring them, and the worker that takes them over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from support.office import Office

from engine.commands.client_import_rows import ImportTurns, check_rows, finish_turns
from engine.commands.client_imports import ImportChoices, bring_list, check_list, look_into, take_back, take_over
from engine.model.client_import import ImportKind, RowState
from engine.queries.client_imports import ImportRow, ListedRow, client_import, import_rows

ZONE = "Europe/Kyiv"

COMPANIES = (
    "Назва компанії;ЄДРПОУ;Телефон;E-mail;Відповідальний;Контактна особа;Посада;Адреса\n"
    "ТОВ «Лан»;32855961;067 123-45-67;OFFICE@lan.ua;Олена Коваль;Іван Гай;Директор;Київ, Хрещатик 1\n"
    "ПП Мрія;;8 044 222 33 44, 050 111 22 33;;;;;\n"
    ";30000001;;;;;;\n"
    "ФОП Сова;12345;;;;;;\n"
)


@dataclass(frozen=True)
class Lists:
    """Lists that ``login`` brings to the office."""

    office: Office
    login: str = "olena"

    def bring(self, text: str | bytes, kind: ImportKind = ImportKind.CLIENTS, **choices: Any) -> int:
        """Brought and looked at, with the columns as they were guessed unless ``columns`` says otherwise."""
        content = text.encode() if isinstance(text, str) else text
        brought = self.office.do(self.login, bring_list, kind, look_into(content, "clients.csv"))
        columns = choices.pop("columns", brought.columns)
        self.office.do(self.login, check_list, brought.id, ImportChoices(columns, **choices))
        self.work(brought.id)
        return brought.id

    def take_over(self, text: str | bytes, kind: ImportKind = ImportKind.CLIENTS, **choices: Any) -> int:
        import_id = self.bring(text, kind, **choices)
        self.office.do(self.login, take_over, import_id)
        self.work(import_id)
        return import_id

    def take_back(self, import_id: int) -> None:
        self.office.do(self.login, take_back, import_id)
        self.work(import_id)

    def work(self, import_id: int) -> None:
        """What the worker does."""
        check_rows(self.office.database, import_id, "job", zone=ZONE, clock=self.office.clock)
        turns = ImportTurns(self.office.database, import_id, ZONE, self.office.clock)
        while turns.take():
            pass
        with self.office.database.write() as session:
            finish_turns(session, import_id, clock=self.office.clock)

    def row(self, import_id: int) -> ImportRow:
        with self.office.database.read() as session:
            return client_import(session, self.office.actor(self.login), import_id)

    def rows(self, import_id: int) -> dict[int, ListedRow]:
        """By their numbers in the file."""
        with self.office.database.read() as session:
            return {one.number: one for one in import_rows(session, import_id, limit=200).items}

    def states(self, import_id: int) -> dict[int, RowState]:
        return {number: row.state for number, row in self.rows(import_id).items()}
