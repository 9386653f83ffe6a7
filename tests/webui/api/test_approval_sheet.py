from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from support.api import ApiClient, read
from support.office import Office

from engine.adapters.company_seal import CompanySeal
from engine.commands.work_items import delegate_work_item
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.policy.approval_sheet_check import sheet_faults
from engine.queries.approval_sheets import approval_sheet
from webui.api.approval_sheet_pdf import PaperSheet
from webui.paper import FontsMissing
from webui.proven_files import proven_file

ApiOf = Callable[[str | None], ApiClient]


def decided(office: Office) -> Deal:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.petro.id, department_id=office.company.finance.id))
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.do("oksana", delegate_work_item, office.step("finance").id, office.company.petro.id)
    office.complete("petro", "finance", "returned", comment="Знижка завелика")
    return deal


def test_the_file_proves_itself_and_shows_any_change(api: ApiOf, office: Office) -> None:
    deal = decided(office)
    for address in ("approval-sheet", "approval-sheet.json"):
        sheet = read(api("olena").get(f"/deals/{deal.id}/{address}"))
        assert sheet_faults(sheet) == ()
        assert [one["outcome"] for one in sheet["decisions"]] == ["approved", "returned"]
        assert sheet["decisions"][1]["comment"] == "Знижка завелика"
        sheet["decisions"][1]["comment"] = "Згода"
        assert sheet_faults(sheet)


def test_the_sheet_is_a_pdf_in_the_readers_language(app: Flask, office: Office) -> None:
    deal = decided(office)
    for locale in ("uk", "en"):
        answer = ApiClient(app, office, "olena", locale).get(f"/deals/{deal.id}/approval-sheet.pdf")
        assert answer.mimetype == "application/pdf"
        assert answer.data.startswith(b"%PDF")
        assert deal.number in answer.headers["Content-Disposition"]
        assert proven_file(answer.data).faults == ()
        assert proven_file(answer.data).seal is not None


def test_fonts_that_were_not_built_are_named(app: Flask, office: Office, tmp_path: Path) -> None:
    deal = decided(office)
    with office.database.read() as session:
        sheet = approval_sheet(session, office.actor("olena"), deal.id)
    with app.test_request_context(), pytest.raises(FontsMissing, match="make build"):
        PaperSheet(sheet, {}, "https://sales.example.com", office.clock.now()).sealed(
            CompanySeal(tmp_path, owner="Промінь"), fonts=tmp_path
        )
