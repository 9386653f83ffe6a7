"""A small server that stands for BAS: what its OData answers, and what a service of its own would do with an invoice.

It knows the records and the names of BAS that the how-to uses, and refuses every other, as OData does.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from support.local_server import LocalServer

Record = dict[str, Any]

USER, PASSWORD = "robot", "secret-of-bas"
_NAMES: Mapping[str, frozenset[str]] = {
    "Catalog_Контрагенты": frozenset({"Ref_Key", "Code", "DeletionMark", "Description", "КодПоЕДРПОУ"}),
    "Document_СчетНаОплатуПокупателю": frozenset(
        {
            *("Ref_Key", "Number", "Date", "Posted", "DeletionMark", "Организация_Key", "Контрагент_Key"),
            *("СуммаДокумента", "Комментарий", "Товары"),
        }
    ),
    "Document_ПоступлениеНаРасчетныйСчет": frozenset(
        {
            *("Ref_Key", "Number", "Date", "Posted", "DeletionMark", "СуммаДокумента"),
            *("ДокументОснование", "ДокументОснование_Type"),
        }
    ),
}
_LINES = frozenset({"LineNumber", "Номенклатура_Key", "Количество", "Цена", "Сумма"})
_ONE = re.compile(r"(\w+)\(guid'([0-9a-f-]{36})'\)(/Post)?")
_BEGINS = re.compile(r"startswith\((\w+),'((?:[^']|'')*)'\)")
_CONDITION = re.compile(r"(\w+) (eq|ge) (?:'((?:[^']|'')*)'|guid'([^']*)'|datetime'([^']*)'|(true|false))")


class _Wrong(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Bas(LocalServer):
    """``records`` by entity, in the order in which they were made. ``breaks`` lets the next requests be lost after
    they were done, as when a connection breaks before the answer."""

    records: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in _NAMES})
    breaks: int = 0

    def __post_init__(self) -> None:
        bas = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # http.server's name
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, told = bas.answer(self.command, self.path, dict(self.headers), body)
                if self.command != "GET" and bas.breaks:
                    bas.breaks -= 1
                    self.close_connection = True
                    return
                content = b"" if told is None else json.dumps(told, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json;odata=minimalmetadata;charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PATCH = do_GET  # noqa: N815  # http.server's names

            def log_message(self, *_: object) -> None:
                """Nothing is written among the tests' output."""

        self.serve(Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/accounting"

    def pay(self, invoice: Record) -> Record:
        """A payment of the invoice, entered into the books."""
        fields = {"ДокументОснование": invoice["Ref_Key"], "СуммаДокумента": invoice["СуммаДокумента"]}
        fields["ДокументОснование_Type"] = "StandardODATA.Document_СчетНаОплатуПокупателю"
        return self._add("Document_ПоступлениеНаРасчетныйСчет", fields | {"Posted": True})

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        known = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if headers.get("Authorization", "") != f"Basic {known}":
            return 401, None
        address = urlsplit(target)
        path = unquote(address.path).removeprefix("/accounting")
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        try:
            return self._answer(method, path, query, json.loads(body) if body else {})
        except _Wrong as wrong:
            return wrong.status, {"odata.error": {"code": "-1", "message": {"lang": "uk", "value": str(wrong)}}}

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: Record) -> tuple[int, Any]:
        entity = path.removeprefix("/odata/standard.odata/")
        if found := _ONE.fullmatch(entity):
            record = self._one(found[1], found[2])
            if method == "POST" and found[3]:
                record["Posted"] = True
                return 200, None
            if method == "PATCH":
                record |= self._known(found[1], body)
            return 200, record
        if entity not in _NAMES:
            raise _Wrong(404, f"Сутність {entity} не знайдено")
        if method == "POST":
            return 201, self._add(entity, body)
        rows = [one for one in self.records[entity] if self._fits(entity, one, query.get("$filter", ""))]
        return 200, {"odata.metadata": f"{path}/$metadata#{entity}", "value": rows[: int(query.get("$top", "1000"))]}

    def _add(self, entity: str, fields: Record) -> Record:
        rows = self.records[entity]
        number = f"{len(rows) + 1:09d}"
        named = {"Code": number} if entity.startswith("Catalog") else {"Number": number, "Posted": False}
        if entity.startswith("Document"):
            named["Date"] = (datetime.now() - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S")  # noqa: DTZ005, TID251  # as BAS
        made = {"Ref_Key": str(uuid.uuid4()), "DeletionMark": False, **named, **self._known(entity, fields)}
        rows.append(made)
        return made

    def _known(self, entity: str, fields: Record) -> Record:
        strange = fields.keys() - _NAMES[entity] | {
            name for line in fields.get("Товары", ()) for name in line.keys() - _LINES
        }
        if strange:
            raise _Wrong(400, f"Властивість {min(strange)} не знайдено")
        return fields

    def _one(self, entity: str, key: str) -> Record:
        found = next((one for one in self.records.get(entity, ()) if one["Ref_Key"] == key), None)
        if found is None:
            raise _Wrong(404, "Екземпляр сутності не знайдено")
        return found

    def _fits(self, entity: str, record: Record, condition: str) -> bool:
        for part in filter(None, condition.split(" and ")):
            if (begins := _BEGINS.fullmatch(part)) and begins[1] in _NAMES[entity]:
                if not str(record.get(begins[1], "")).startswith(begins[2].replace("''", "'")):
                    return False
                continue
            found = _CONDITION.fullmatch(part)
            if found is None or found[1] not in _NAMES[entity]:
                raise _Wrong(400, f"Помилка у $filter: {part}")
            wanted: Any = next(one for one in found.groups()[2:] if one is not None).replace("''", "'")
            if found[6]:
                wanted = found[6] == "true"
            held = record.get(found[1], "")
            if held != wanted if found[2] == "eq" else str(held) < wanted:
                return False
        return True
