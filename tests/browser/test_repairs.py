"""A deal went wrong: an administrator moves it, takes that back, and tries again what failed."""

from __future__ import annotations

from browser.installation import Sales
from browser.people import People
from playwright.sync_api import expect
from support.browser import Words

from engine.model.incident import Incident
from engine.model.process_instance import ProcessInstance


def test_a_deal_is_sent_back_on_the_map_and_stands_again_where_it_stood(
    people: People, sales: Sales, uk: Words
) -> None:
    deal_id = sales.ask_departments("Насоси, що повернулися")
    page = people.at_work("admin")
    page.goto(f"/deals/{deal_id}")
    page.get_by_role("link", name=uk("Move the deal")).click()
    expect(page.locator("[data-state=shown]")).to_be_visible()
    page.get_by_role("button", name=uk("Show the whole map")).click()
    page.locator(".bpmn-viewer .djs-shape[data-element-id=prepare_offer]").click()
    target = page.locator("details.move-target[open]")
    expect(target).to_contain_text("Скласти комерційну пропозицію")
    expect(target).to_contain_text("відкликаються")
    target.get_by_role("textbox", name=uk("Reason")).fill("Клієнт змінив умови")
    target.get_by_role("button", name=uk("Move here")).click()

    expect(page.locator(".waiting").first).to_contain_text("Сюди її перемістили")
    expect(page.locator(".step-row")).to_have_count(1)
    page.get_by_role("button", name=uk("Undo the move")).click()
    expect(page.locator(".step-row")).to_have_count(3)
    expect(page.get_by_role("button", name=uk("Undo the move"))).to_have_count(0)


def test_what_failed_is_found_understood_and_tried_again(people: People, sales: Sales, uk: Words) -> None:
    deal_id = sales.open_deal("Насоси зі збоєм")
    with sales.database.write() as session:
        instance = session.query(ProcessInstance).filter_by(deal_id=deal_id).one()
        instance.open_incidents = 1
        session.add(
            Incident(
                instance_id=instance.id,
                deal_id=deal_id,
                element_id="accept_lead",
                code="map_failed",
                params={
                    "problem_code": "TIMER_NOT_UNDERSTOOD",
                    "problem_template": "“%(value)s” cannot be read as a time",
                }
                | {"problem_params": {"value": "колись"}},
                stimulus={"type": "FireTimer", "activity_id": "gone", "node_id": "accept_lead", "due_at": ""},
                occurred_at=sales.clock.now(),
                variables={"discount": "3"},
            )
        )
    page = people.at_work("admin")
    page.goto(f"/deals/{deal_id}")
    page.get_by_role("link", name=uk("See the failure")).click()
    expect(page.locator("main")).to_contain_text("колись")
    expect(page.locator("main")).to_contain_text(
        uk("Set the variable to a date or a duration that can be read, then try again.")
    )
    expect(page.locator(".map-badge")).to_be_visible()
    page.get_by_role("button", name=uk("Try again"), exact=True).click()
    page.wait_for_url("**/settings/incidents")
    page.goto(f"/deals/{deal_id}")
    expect(page.get_by_role("link", name=uk("See the failure"))).to_have_count(0)
