"""Stands between Reglament and a BAS or 1C database in the same office network.

It asks both sides and is asked by nobody, so BAS needs no address on the Internet. Every round it makes the invoices
that deals wait for, tells deals of payments, and keeps clients in step by tax number. A round that breaks off is done
again and does nothing twice. It needs Python 3.11 and nothing else; what it is told stands in the environment, see the
how-to beside it.
"""

from __future__ import annotations

import base64
import http.client
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Fields = dict[str, Any]

CLIENTS = "Catalog_Контрагенты"
INVOICES = "Document_СчетНаОплатуПокупателю"
PAYMENTS = "Document_ПоступлениеНаРасчетныйСчет"
CODE = "КодПоЕДРПОУ"
MARK = "Reglament "  # before the deal's number in an invoice's comment: by it a payment finds its deal
WORKER, TOPIC = "bas-worker", "bas-invoice"
PAYMENTS_SINCE = timedelta(days=5)  # shorter than the week for which Reglament knows an Idempotency-Key again

log = logging.getLogger("bas_worker")


class Refused(Exception):
    """The other side answered with something else than success."""

    def __init__(self, status: int, answer: Any) -> None:
        super().__init__(f"HTTP {status}: {json.dumps(answer, ensure_ascii=False)[:300]}")
        self.status = status
        self.code = answer.get("code", "") if isinstance(answer, dict) else ""


class Side:
    """One of the two systems, and how it knows us."""

    def __init__(self, base: str, authorization: str) -> None:
        self._address, self._authorization = urlsplit(base), authorization

    def call(self, method: str, path: str, body: Fields | None = None, **headers: str) -> Any:
        """Raises Refused, OSError."""
        secure = self._address.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._address.netloc, timeout=30)
        sent = {"Authorization": self._authorization, "Accept": "application/json", **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
            connection.request(method, quote(self._address.path + path, safe="/?&=%$()',"), data, sent)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8-sig", errors="replace")
        finally:
            connection.close()
        try:
            told = json.loads(text) if text.strip() else None
        except ValueError:
            told = text
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise Refused(answer.status, told)
        return told


class Bas(Side):
    """BAS through its OData."""

    def found(self, entity: str, condition: str) -> list[Fields]:
        query = urlencode({"$filter": condition, "$format": "json"}, quote_via=quote)
        return list(self.call("GET", f"/odata/standard.odata/{entity}?{query}")["value"])

    def add(self, entity: str, fields: Fields) -> Fields:
        made: Fields = self.call("POST", f"/odata/standard.odata/{entity}?$format=json", fields)
        return made

    def change(self, entity: str, key: str, fields: Fields) -> None:
        self.call("PATCH", f"/odata/standard.odata/{entity}(guid'{key}')?$format=json", fields)

    def post(self, entity: str, key: str) -> None:
        """Enter a document into the books."""
        self.call("POST", f"/odata/standard.odata/{entity}(guid'{key}')/Post?PostingModeOperational=false")


def text(value: str) -> str:
    """A text inside a condition of OData."""
    return "'" + value.replace("'", "''") + "'"


def moment(at: datetime) -> str:
    """A moment as BAS writes it: by the clock on the wall, without a zone."""
    return at.strftime("%Y-%m-%dT%H:%M:%S")


class Worker:
    """One round after the other. ``seller`` and ``item`` are keys in BAS: our company, and what an invoice names."""

    def __init__(
        self, reglament: Side, jobs: Side, bas: Bas, *, seller: str, item: str, clients_every_s: float
    ) -> None:
        self._reglament, self._jobs, self._bas = reglament, jobs, bas
        self._seller, self._item = seller, item
        self._clients_every_s, self._clients_at = clients_every_s, 0.0

    def round(self) -> None:
        for what in (self.make_invoices, self.tell_payments, self.keep_clients):
            try:
                what()
            except (Refused, OSError, http.client.HTTPException):
                log.exception("%s broke off and is done again in the next round", what.__name__)

    def make_invoices(self) -> None:
        """Do the jobs that deals wait for. An invoice that is there already is not made again."""
        wanted = {"topics": [TOPIC], "worker": WORKER, "max": 10, "lock_s": 300}
        for job in self._jobs.call("POST", "/api/v1/jobs/fetch-and-lock", wanted)["items"]:
            address = f"/api/v1/jobs/{job['id']}"
            try:
                if not job["values"]["edrpou"]:
                    told = {"worker": WORKER, "code": "NO_CLIENT_CODE", "message": "Клієнт без коду ЄДРПОУ"}
                    self._jobs.call("POST", f"{address}/error", told)
                    continue
                invoice = self._invoice(job["deal"]["number"], job["values"])
            except (Refused, OSError, http.client.HTTPException) as failure:
                self._jobs.call("POST", f"{address}/fail", {"worker": WORKER, "message": str(failure)[:500] or "?"})
                continue
            values = {"number": invoice["Number"], "id": invoice["Ref_Key"]}
            self._jobs.call("POST", f"{address}/complete", {"worker": WORKER, "values": values})

    def _invoice(self, deal_number: str, values: Fields) -> Fields:
        mark = MARK + deal_number
        found = self._bas.found(INVOICES, f"startswith(Комментарий,{text(mark)}) and DeletionMark eq false")
        same = [one for one in found if one["Комментарий"] == mark]
        invoice = same[0] if same else self._bas.add(INVOICES, self._drafted(mark, values))
        if not invoice.get("Posted"):  # made, but BAS refused to enter it, or the answer was lost
            self._bas.post(INVOICES, invoice["Ref_Key"])
        return invoice

    def _drafted(self, mark: str, values: Fields) -> Fields:
        client = self._client(values["edrpou"], values["client_name"])
        line = {
            "LineNumber": "1",
            "Номенклатура_Key": self._item,
            "Количество": 1,
            "Цена": values["sum"],
            "Сумма": values["sum"],
        }
        return {
            "Date": moment(datetime.now()),
            "Организация_Key": self._seller,
            "Контрагент_Key": client["Ref_Key"],
            "СуммаДокумента": values["sum"],
            "Комментарий": mark,
            "Товары": [line],
        }

    def _client(self, code: str, name: str) -> Fields:
        found = self._bas.found(CLIENTS, f"{CODE} eq {text(code)} and DeletionMark eq false")
        return found[0] if found else self._bas.add(CLIENTS, {"Description": name, CODE: code})

    def tell_payments(self) -> None:
        """Tell deals of the payments of the last days; Reglament knows which it was told of.

        One that is refused, as when somebody mended it after it was told, holds no other up.
        """
        since = moment(datetime.now() - PAYMENTS_SINCE)
        for payment in self._bas.found(PAYMENTS, f"Posted eq true and Date ge datetime'{since}'"):
            paid = payment.get("ДокументОснование")
            invoices = self._bas.found(INVOICES, f"Ref_Key eq guid'{paid}'") if paid else []
            mark = invoices[0]["Комментарий"] if invoices else ""
            if not mark.startswith(MARK):
                continue
            message = {
                "name": "payment received",
                "correlation": {"deal_number": mark.removeprefix(MARK)},
                "values": {"payment": payment["Number"], "paid_on": payment["Date"][:10]},
            }
            try:
                key = {"Idempotency-Key": payment["Ref_Key"]}
                self._reglament.call("POST", "/api/v1/messages", message, **key)
            except Refused as refused:
                if refused.code != "nobody_waits":  # the step was done by hand, or the deal has ended
                    log.warning("The payment %s is told in the next round, or by hand: %s", payment["Number"], refused)

    def keep_clients(self) -> None:
        """Who is on one side only is added on the other; the legal name of BAS is the one that counts.

        Both lists are read as a whole, and so not in every round. Whom one side refuses holds nobody else back.
        """
        if time.monotonic() < self._clients_at:
            return
        here = {one["edrpou"]: one for one in self._clients() if one["edrpou"]}
        there = {one[CODE]: one for one in self._bas.found(CLIENTS, "DeletionMark eq false") if one.get(CODE)}
        for code in sorted(here.keys() | there.keys()):
            try:
                self._keep_client(code, here.get(code), there.get(code))
            except Refused as refused:
                log.warning("The client %s is not kept in step: %s", code, refused)
        self._clients_at = time.monotonic() + self._clients_every_s

    def _keep_client(self, code: str, here: Fields | None, there: Fields | None) -> None:
        if there is None:
            if here is not None:
                self._client(code, here["name"])
        elif here is None:
            added = {"name": there["Description"], "edrpou": code, "source": "BAS"}
            self._reglament.call("POST", "/api/v1/clients", added, **{"Idempotency-Key": f"bas-client-{code}"})
        elif there["Description"] and there["Description"] != here["name"]:
            self._reglament.call("PATCH", f"/api/v1/clients/{here['id']}", {"name": there["Description"]})

    def _clients(self) -> Iterator[Fields]:
        cursor = ""
        while True:
            page = self._reglament.call("GET", f"/api/v1/clients?limit=200{cursor}")
            yield from page["items"]
            if not page["next_cursor"]:
                return
            cursor = f"&cursor={page['next_cursor']}"


def worker_from(given: Mapping[str, str]) -> Worker:
    """Raises KeyError for what the environment does not say."""
    basic = base64.b64encode(f"{given['BAS_USER']}:{given['BAS_PASSWORD']}".encode()).decode()
    return Worker(
        Side(given["REGLAMENT"], f"Bearer {given['TOKEN']}"),
        Side(given["REGLAMENT"], f"Bearer {given['JOBS_TOKEN']}"),
        Bas(given["BAS"], f"Basic {basic}"),
        seller=given["BAS_SELLER"],
        item=given["BAS_ITEM"],
        clients_every_s=float(given.get("CLIENTS_EVERY_S", "3600")),
    )


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    worker, every = worker_from(os.environ), float(os.environ.get("EVERY_S", "60"))
    while True:
        worker.round()
        time.sleep(every)


if __name__ == "__main__":
    main()
