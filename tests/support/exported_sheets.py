"""An approval sheet in all the forms in which it leaves, with the entry to which each of its bytes belongs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support.office import Office
from support.web import Browser, web_application

from engine.adapters.history_keys import HistoryKeys
from engine.commands.deals import comment_on_deal
from engine.commands.erasure import erase_written
from engine.commands.history import record
from engine.commands.history_signing import sign_new_entries
from engine.events import ApprovalsSpared
from engine.model.deal import Deal
from engine.policy.approval_sheet import ApprovalSheet
from engine.policy.approval_sheet_file import DECISIONS, ENTRIES, line_places
from engine.queries.approval_sheets import approval_sheet
from webui.proving_page import sheet_in

SPARED = "Погодити: директор"


@dataclass(frozen=True, slots=True)
class Export:
    """``names`` says, by position in the file, which entries may be named for it; none: the whole may be at fault."""

    content: bytes
    names: dict[int, frozenset[int]]


def exported(office: Office, folder: Path) -> dict[str, Export]:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "Телефонувала Марія Іваненко")
    number = office.history(deal)[-1].number
    office.prepare()
    tell_spared(office, deal)
    office.complete("iryna", "legal", "approved")
    office.complete("oksana", "finance", "returned", comment="Знижка <завелика> & «дивна»\n\\ \u0001")
    office.do("admin", erase_written, deal.id, number, "лист № 7")
    keys = HistoryKeys(folder)
    while sign_new_entries(office.database, keys, clock=office.clock):
        pass
    browser = Browser(web_application(office, REGLAMENT_KEYS=str(folder)), "olena")
    address = f"/deals/{deal.id}/approval-sheet"
    sheet = browser.get(f"{address}.json").data
    page = browser.get(f"{address}.html").data
    paper = browser.get(browser.post(f"{address}/issue").headers["Location"]).data
    assert sheet_in(page) == sheet
    with office.database.read() as session:
        told = approval_sheet(session, office.actor("olena"), deal.id)
    return {
        "json": Export(sheet, places(sheet, sheet, told)),
        "page": Export(page, places(page, sheet, told)),
        "paper": Export(paper, places(paper, sheet, told)),
    }


def tell_spared(office: Office, deal: Deal) -> None:
    """As if the client's card had become another one behind a decision."""
    at = office.clock.now()
    told = ApprovalsSpared(steps=(SPARED,), fields=("client.segment",), client_id=deal.client_id, changed_at=at)
    with office.database.write() as session:
        record(session, told, actor=office.actor("taras"), at=at, deal=session.get_one(Deal, deal.id))


def places(content: bytes, sheet: bytes, told: ApprovalSheet) -> dict[int, frozenset[int]]:
    """A line break belongs to the entries at both of its sides."""
    decided = [one.number for one in told.decisions]
    names: dict[int, frozenset[int]] = {}
    known = line_places(sheet)
    escaped = [line.replace(b"&", b"&amp;").replace(b"<", b"&lt;") for line in sheet.split(b"\n")]
    for index, (kind, place) in known.items():
        line = next(one for one in (escaped[index], sheet.split(b"\n")[index]) if one in content)
        begin = content.index(line)
        number = place if kind == ENTRIES else decided[place - 1] if kind == DECISIONS else 0
        names |= dict.fromkeys(range(begin, begin + len(line)), frozenset({number}))
        if (next_to := known.get(index + 1)) is not None:
            other = next_to[1] if kind == ENTRIES else decided[next_to[1] - 1]
            names[begin + len(line)] = frozenset({number, other})
    return names
