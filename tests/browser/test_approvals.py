"""An approval worth more than paper: returned, changed, asked again with old beside new, remarked, and confirmed."""

from __future__ import annotations

from pathlib import Path

from browser.installation import Sales
from browser.people import People
from browser.steps import complete, field, give_reason, open_step, pane
from playwright.sync_api import expect
from support.browser import Words

DRAWN = Path(__file__).parent / "supply_contract.bpmn"
PASSWORD = "кінь батарея скоба"  # of a test
LAWYERS, FINANCE = "Погодити постачання: юристи", "Погодити постачання: фінанси"


def test_a_returned_contract_asks_only_those_whose_part_changed_and_is_confirmed_by_password(
    people: People, sales: Sales, uk: Words
) -> None:
    sales.publish_file(DRAWN.name, DRAWN.read_bytes())
    sales.set_password("oksana", PASSWORD)
    deal = "Насоси на рік"
    deal_id = sales.open_deal(deal, definition_key="supply-contract")
    sales.complete("olena", deal_id, "prepare", {"discount": "7,5", "delivery": "Склад клієнта"})
    iryna, oksana, olena = (people.at_work(login) for login in ("iryna", "oksana", "olena"))

    open_step(iryna, deal, LAWYERS)
    pane(iryna).get_by_role("button", name=uk("Approve with remarks")).click()
    expect(pane(iryna).get_by_label(uk("Comment"), exact=True)).to_be_focused()
    pane(iryna).get_by_label(uk("Comment"), exact=True).fill("Страхування за рахунок клієнта.")
    complete(iryna, uk, "Approve with remarks", "Approved with remarks")

    open_step(oksana, deal, FINANCE)
    pane(oksana).get_by_label(uk("Your password")).fill("не той")
    pane(oksana).get_by_role("button", name=uk("Approve"), exact=True).click()
    expect(pane(oksana).locator("#field-proof_password-error")).to_contain_text(uk("This is not your password."))
    pane(oksana).get_by_label(uk("Your password")).fill(PASSWORD)
    give_reason(oksana, uk, "Return for rework", "Знижка завелика.", "Returned for rework")

    open_step(olena, deal, "Підготувати договір постачання")
    expect(pane(olena)).to_contain_text("Страхування за рахунок клієнта.")
    expect(pane(olena)).to_contain_text("Знижка завелика.")
    field(olena, "Знижка, %").fill("5")
    complete(olena, uk)

    open_step(oksana, deal, FINANCE)
    changed = pane(oksana).get_by_role("row", name="Знижка, %")
    expect(changed.locator("del")).to_have_text("7,5 %")
    expect(changed.locator("ins")).to_have_text("5 %")
    pane(oksana).get_by_label(uk("Your password")).fill(PASSWORD)
    complete(oksana, uk, "Approve", "Approved")

    open_step(olena, deal, "Підписати договір постачання")  # the lawyers' approval stands: they were not asked again
    expect(pane(olena)).to_contain_text("Страхування за рахунок клієнта.")
    olena.goto(f"/deals/{deal_id}")
    expect(olena.locator(".history", has_text=LAWYERS).first).to_contain_text("чинне")
