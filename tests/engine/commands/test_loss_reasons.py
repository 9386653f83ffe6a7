"""Why deals end without a sale: chosen from the company's list, or said in words."""

from __future__ import annotations

import pytest
from support.office import Office
from support.sales_map import losing_map

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.deals import update_deal
from engine.commands.loss_choices import LossChoice, LossReasonRequired
from engine.commands.loss_reasons import (
    LossReasonKnown,
    add_loss_reason,
    add_usual_loss_reasons,
    archive_loss_reason,
    move_loss_reason,
    rename_loss_reason,
    restore_loss_reason,
)
from engine.errors import FieldNotUnderstood, InvalidInput, NotAllowed
from engine.model.deal import Deal, DealResult
from engine.queries.loss_reasons import loss_reasons
from engine.queries.sales_results import LossCount, sales_results

ASKED = LossChoice(is_asked=True)


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """On SQLite; the statements are those of any other list."""
    return sqlite_database_url


@pytest.fixture
def price(office: Office) -> int:
    return office.do("owner", add_loss_reason, "Ціна").id


def told(office: Office, deal: Deal) -> tuple[DealResult, int | None, str]:
    found = office.deal(deal)
    return found.result, found.loss_reason_id, found.loss_reason


def names(office: Office) -> list[str]:
    with office.database.read() as session:
        return [one.name for one in loss_reasons(session)]


def test_who_cancels_chooses_from_the_list_and_says_more_in_words(office: Office, price: int) -> None:
    deal = office.open_deal()
    with pytest.raises(InvalidInput) as refused:
        office.do("olena", cancel_deal, deal.id, "Дорого", ASKED)
    assert isinstance(refused.value.errors["reason_id"], LossReasonRequired)
    office.do("olena", cancel_deal, deal.id, "Дорого на 20 %", LossChoice(price, is_asked=True))
    assert told(office, deal) == (DealResult.CANCELLED, price, "Ціна: Дорого на 20 %")
    assert office.history(deal)[-1].data["reason"] == "Ціна: Дорого на 20 %"
    office.do("olena", reopen_deal, deal.id, "Повернувся")
    assert told(office, deal) == (DealResult.OPEN, None, "")


@pytest.mark.parametrize(("said", "is_chosen"), [("  ЦІНА ", True), ("Ціна зависока", False)])
def test_a_program_that_knows_no_list_says_its_reason_in_words(
    office: Office, price: int, said: str, *, is_chosen: bool
) -> None:
    deal = office.open_deal()
    office.do("olena", cancel_deal, deal.id, said)
    assert told(office, deal) == (DealResult.CANCELLED, price if is_chosen else None, said.strip())


def test_a_reason_that_is_not_offered_is_refused(office: Office, price: int) -> None:
    deal = office.open_deal()
    office.do("owner", archive_loss_reason, price)
    for reason_id in (price, 999):
        with pytest.raises(InvalidInput) as refused:
            office.do("olena", cancel_deal, deal.id, "", LossChoice(reason_id))
        assert isinstance(refused.value.errors["reason_id"], FieldNotUnderstood)
    office.do("olena", cancel_deal, deal.id, "Ціна", ASKED)  # the list is empty: nobody can choose
    assert told(office, deal) == (DealResult.CANCELLED, None, "Ціна")


def test_whoever_loses_a_deal_by_a_step_is_asked_why_and_nothing_has_happened_until_they_say(
    office: Office, price: int
) -> None:
    office.publish(losing_map())
    deal = office.open_deal()
    before = office.kinds(deal)
    with pytest.raises(InvalidInput) as refused:
        office.complete("olena", "ask", comment="Взяли дешевше", loss=ASKED)
    assert isinstance(refused.value.errors["loss_reason_id"], LossReasonRequired)
    assert (office.kinds(deal), office.deal(deal).result) == (before, DealResult.OPEN)
    office.complete("olena", "ask", comment="Взяли дешевше", loss=LossChoice(price, is_asked=True))
    assert told(office, deal) == (DealResult.LOST, price, "Ціна: Взяли дешевше")
    assert office.history(deal)[-1].data["reason"] == "Ціна: Взяли дешевше"


def test_a_step_that_does_not_lose_the_deal_asks_for_nothing_and_leaves_no_reason(office: Office, price: int) -> None:
    deal = office.open_deal()
    office.complete("olena", "prepare", values={"discount": "5"}, loss=LossChoice(price, is_asked=True))
    assert told(office, deal) == (DealResult.OPEN, None, "")


def test_an_approver_who_rejects_is_not_asked_and_the_deals_owner_chooses_later(office: Office, price: int) -> None:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "rejected", comment="Клієнт у списку", loss=ASKED)
    for login, step in (("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, step, "approved", loss=ASKED)
    assert told(office, deal) == (DealResult.LOST, None, "Клієнт у списку")
    office.do("olena", update_deal, deal.id, {"loss_reason_id": price, "loss_reason": "Клієнт у списку"})
    assert told(office, deal) == (DealResult.LOST, price, "Ціна: Клієнт у списку")
    assert office.history(deal)[-1].data["changes"] == {"loss_reason": ["Клієнт у списку", "Ціна: Клієнт у списку"]}


@pytest.mark.parametrize(
    ("kind", "given", "said", "is_chosen"),
    [
        (FieldType.TEXT, "ціна", "ціна", True),
        (FieldType.CHOICE, "price", "Ціна", True),
        (FieldType.CHOICE, "late", "Пізно подали", False),
    ],
)
def test_what_the_map_asks_for_as_the_reason_is_not_asked_twice(
    office: Office, price: int, kind: FieldType, given: str, said: str, *, is_chosen: bool
) -> None:
    """A choice is told by its label: the map's value may be no word that people know."""
    choices = ({"value": "price", "label": "Ціна"}, {"value": "late", "label": "Пізно подали"})
    more = {"choices": choices} if kind is FieldType.CHOICE else {}
    office.publish(
        losing_map(FieldDefinition.model_validate({"name": "loss_reason", "label": "Чому", "type": kind, **more}))
    )
    deal = office.open_deal()
    office.complete("olena", "ask", values={"loss_reason": given}, loss=ASKED)
    assert told(office, deal) == (DealResult.LOST, price if is_chosen else None, said)


def test_the_funnel_counts_by_the_present_name_and_keeps_what_was_said_before_there_was_a_list(
    office: Office, price: int
) -> None:
    old, chosen, cancelled = (office.open_deal() for _ in range(3))
    office.do("olena", cancel_deal, old.id, "Дорого")
    office.do("olena", cancel_deal, chosen.id, "", LossChoice(price))
    office.do("olena", cancel_deal, cancelled.id, "зовсім", LossChoice(price))
    office.do("owner", rename_loss_reason, price, "Ціна чи знижка")
    office.do("owner", archive_loss_reason, price)
    with office.database.read() as session:
        found = sales_results(session, office.actor("bohdan"), "sale").reasons
    assert found == (LossCount(price, "Ціна чи знижка", 0, 2), LossCount(None, "Дорого", 0, 1))
    assert told(office, chosen)[2] == "Ціна"


def test_the_list_is_ordered_archived_and_has_each_name_once(office: Office, price: int) -> None:
    office.do("owner", add_usual_loss_reasons, ("Ціна", "Конкурент", "Немає бюджету"))
    assert names(office) == ["Ціна", "Конкурент", "Немає бюджету"]
    office.do("admin", move_loss_reason, price, by=1)
    assert names(office) == ["Конкурент", "Ціна", "Немає бюджету"]
    for name in ("конкурент", " ", "\u200b\u2060", "ц" * 101, "ﷺ" * 100):
        with pytest.raises(InvalidInput):
            office.do("owner", add_loss_reason, name)
    office.do("owner", archive_loss_reason, price)
    assert names(office) == ["Конкурент", "Немає бюджету"]
    with pytest.raises(InvalidInput) as refused:
        office.do("owner", add_loss_reason, "Ціна")
    assert isinstance(refused.value.errors["name"], LossReasonKnown)
    office.do("owner", restore_loss_reason, price)
    assert names(office) == ["Конкурент", "Немає бюджету", "Ціна"]
    with pytest.raises(NotAllowed):
        office.do("olena", add_loss_reason, "Своя")
