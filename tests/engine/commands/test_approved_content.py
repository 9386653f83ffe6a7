"""Approvals are bound to what the person saw: whoever approved something else is asked again, the others are not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from support.approval_maps import DISCOUNT, SUM, naming
from support.canonical_maps import MapBuilder
from support.office import Office
from support.sales_map import hash_of, sales_map

from engine.bpmn.compiled import (
    ApprovalRule,
    CompiledProcess,
    ContentRule,
    FieldDefinition,
    FieldType,
    Reauthentication,
)
from engine.commands.approvals import ApprovalDecided
from engine.commands.approved_changes import ContentApproved
from engine.commands.asking_again import NothingToAskAgain, ask_approvals_again
from engine.commands.clients import update_client
from engine.commands.completions import ContentChanged
from engine.commands.deal_files import add_made_file
from engine.commands.deals import ensure_message_may_say, update_deal
from engine.commands.erasure import ErasureRequest, erase_client
from engine.commands.jumps import move_token
from engine.commands.locks import lock_deal
from engine.commands.people import set_substitution
from engine.commands.recalls import recall_approval
from engine.commands.work_items import claim_work_item
from engine.db.session import Database
from engine.errors import AlreadyCancelled, InvalidInput
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.work_item import WorkItem
from engine.policy.history_chain import content_hash
from engine.policy.permissions import Actor
from engine.policy.reauthentication import CodeRequired, Reauthenticated, ReauthenticationRequired
from engine.policy.recalls import NotYoursToRecall, RecallNotGiven
from engine.queries.approved_contents import present_content
from engine.queries.outdated_approvals import to_ask_again
from engine.queries.processes import process_of

PAPERS = ContentRule(files=("договір*.pdf",))
NOTE = FieldDefinition(name="note", label="Примітка", type=FieldType.TEXT)


def hash_now(office: Office, item: WorkItem) -> str:
    with office.database.read() as session:
        known = session.get_one(WorkItem, item.id)
        step = process_of(session, known.instance.definition_id).steps[known.element_id]
        return content_hash(present_content(session, step, known.deal, known.deal.client))


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    """What is decided here is the same on both databases: what is stored differently is tested beside."""
    database = Database(sqlite_database_url)
    yield Office(database)
    database.dispose()


def approve(office: Office, *elements: str) -> None:
    people = {"legal": "iryna", "finance": "oksana", "logistics": "petro"}
    for element in elements:
        office.complete(people[element], element, "approved")


def open_elements(office: Office) -> list[str]:
    return sorted(one.element_id for one in office.open_steps())


def add_file(office: Office, deal: Deal, name: str, content: bytes) -> None:
    with office.database.write() as session:
        locked, _ = lock_deal(session, deal.id, Actor.system())
        add_made_file(
            session,
            locked,
            name,
            content,
            media_type="application/pdf",
            step="",
            actor=Actor.system(),
            at=office.clock.now(),
        )


def returned_round(office: Office, rules: dict[str, ContentRule]) -> Deal:
    """Finance and logistics approved, legal returned: the offer is to be prepared again."""
    office.publish(naming(rules))
    deal = office.open_deal()
    office.prepare(discount="7,5")
    approve(office, "finance", "logistics")
    office.complete("iryna", "legal", "returned", comment="Додайте реквізити")
    return deal


def test_a_decision_on_what_was_not_seen_is_not_recorded(office: Office) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    deal = office.open_deal()
    office.prepare()
    legal = office.step("legal")
    seen = hash_now(office, legal)
    with office.database.write() as session:
        session.get_one(Deal, deal.id).fields = {"discount": "9"}
    with pytest.raises(ContentChanged):
        office.complete("iryna", "legal", "approved", seen=seen)
    assert office.step("legal").is_live
    office.complete("iryna", "legal", "approved", seen=hash_now(office, legal))
    event = office.history(deal)[-1]
    assert event.data["content"] == {"fields": {"discount": "9"}, "files": []}
    assert event.data["content_hash"] == content_hash(event.data["content"])


def test_only_those_whose_content_changed_are_asked_again(office: Office) -> None:
    deal = returned_round(office, {"legal": SUM, "finance": DISCOUNT, "logistics": SUM})
    office.prepare(discount="9")
    assert open_elements(office) == ["finance", "legal"]
    kept = next(event for event in office.history(deal) if event.kind == "approval_kept")
    given = next(
        event
        for event in office.history(deal)
        if event.kind == "step_completed" and event.data["element_id"] == "logistics"
    )
    assert (kept.data["by"], kept.data["given_in"]) == ("Петро Лисенко", given.number)
    approve(office, "finance", "legal")
    assert open_elements(office) == ["sign"]


def test_when_everybody_whose_content_stays_had_approved_only_who_returned_is_asked(office: Office) -> None:
    returned_round(office, {"legal": DISCOUNT, "finance": DISCOUNT, "logistics": DISCOUNT})
    office.prepare(discount="7,5")
    assert open_elements(office) == ["legal"]
    office.complete("iryna", "legal", "returned", comment="Ще раз")
    office.prepare(discount="7,5")
    assert open_elements(office) == ["legal"]
    approve(office, "legal")
    assert open_elements(office) == ["sign"]


def test_an_approval_that_names_nothing_is_given_anew_in_each_round(office: Office) -> None:
    returned_round(office, {"legal": SUM})
    office.prepare(discount="7,5")
    assert open_elements(office) == ["finance", "legal", "logistics"]


def test_a_new_version_of_a_named_file_is_asked_for_again(office: Office) -> None:
    rules = {"legal": SUM, "finance": PAPERS, "logistics": PAPERS}
    office.publish(naming(rules))
    deal = office.open_deal()
    add_file(office, deal, "Договір 12.pdf", b"%PDF-1")
    add_file(office, deal, "Фото.jpg", b"1")
    office.prepare()
    approve(office, "finance", "logistics")
    files = office.history(deal)[-1].data["content"]["files"]
    assert [(one["name"], one["version"], one["size"]) for one in files] == [("Договір 12.pdf", 1, 6)]
    office.complete("iryna", "legal", "returned", comment="Реквізити")
    add_file(office, deal, "Фото.jpg", b"2")
    office.prepare()
    assert open_elements(office) == ["legal"]
    office.complete("iryna", "legal", "returned", comment="Реквізити")
    add_file(office, deal, "Договір 12.pdf", b"%PDF-2")
    office.prepare()
    assert open_elements(office) == ["finance", "legal", "logistics"]


def test_who_left_the_department_is_not_kept(office: Office) -> None:
    returned_round(office, {"legal": SUM, "finance": SUM, "logistics": SUM})
    with office.database.write() as session:
        member = session.scalars(select(Membership).where(Membership.person_id == office.company.oksana.id)).one()
        session.delete(member)
        finance = session.get_one(type(office.company.finance), office.company.finance.id)
        finance.head_id = None
    office.prepare()
    assert open_elements(office) == ["finance", "legal"]


def test_behind_a_move_everything_is_decided_anew(office: Office) -> None:
    deal = returned_round(office, {"legal": SUM, "finance": SUM, "logistics": SUM})
    office.prepare()
    office.do("admin", move_token, deal.id, "prepare", "Почати спочатку")
    office.prepare()
    assert open_elements(office) == ["finance", "legal", "logistics"]


def several(office: Office, rule: ApprovalRule, **more: Any) -> Deal:
    """Iryna and Danylo are asked in the legal department, where a note may be changed."""
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.publish(naming({"legal": ContentRule(names=("discount", "note"))}, {"legal": rule}, fields=(NOTE,), **more))
    deal = office.open_deal(fields={"note": "стара"})
    office.prepare()
    return deal


def legal_part(office: Office, login: str) -> int:
    person_id = getattr(office.company, login).id
    return next(one.id for one in office.open_steps() if one.element_id == "legal" and one.assignee_id == person_id)


def test_a_change_by_another_approver_asks_the_first_one_again(office: Office) -> None:
    deal = several(office, ApprovalRule(mode="all"))
    office.complete("iryna", "legal", "approved", {"note": "стара"}, work_item_id=legal_part(office, "iryna"))
    office.complete("danylo", "legal", "approved", {"note": "нова"}, work_item_id=legal_part(office, "danylo"))
    again = next(event for event in office.history(deal) if event.kind == "approval_asked_again")
    assert (again.data["by"], again.data["changes"]) == ("Ірина Бондар", {"note": ["стара", "нова"]})
    office.complete("iryna", "legal", "approved", {"note": "нова"}, work_item_id=legal_part(office, "iryna"))
    assert "legal" not in open_elements(office)


def test_in_order_the_first_one_is_asked_again_and_the_second_not(office: Office) -> None:
    several(office, ApprovalRule(mode="all", in_order=True))
    office.complete("iryna", "legal", "approved", {"note": "стара"}, work_item_id=legal_part(office, "iryna"))
    office.complete("danylo", "legal", "approved", {"note": "нова"}, work_item_id=legal_part(office, "danylo"))
    office.complete("iryna", "legal", "approved", {"note": "нова"}, work_item_id=legal_part(office, "iryna"))
    assert "legal" not in open_elements(office)


def test_a_late_answer_is_told_who_decided_when_and_what(office: Office) -> None:
    several(office, ApprovalRule(mode="all"))
    late = legal_part(office, "danylo")
    office.complete("iryna", "legal", "rejected", comment="Ні", work_item_id=legal_part(office, "iryna"))
    with pytest.raises(ApprovalDecided) as told:
        office.complete("danylo", "legal", "approved", work_item_id=late)
    assert told.value.params == {"by": "Ірина Бондар", "at": office.clock.now(), "outcome": "rejected"}


@pytest.mark.parametrize("wanted", [Reauthentication.PASSWORD, Reauthentication.CODE])
def test_without_a_proof_of_who_one_is_nothing_is_decided(office: Office, wanted: Reauthentication) -> None:
    office.publish(naming({"legal": SUM}, reauthenticate=wanted))
    deal = office.open_deal()
    office.prepare()
    at, iryna = office.clock.now(), office.company.iryna.id
    weaker = Reauthentication.PASSWORD if wanted is Reauthentication.CODE else Reauthentication.NONE
    old = datetime(2026, 3, 2, 7, 50, tzinfo=UTC)
    for proof in (
        None,
        Reauthenticated(office.company.oksana.id, wanted, at, "password"),
        Reauthenticated(iryna, weaker, at, "password"),
        Reauthenticated(iryna, wanted, old, "password"),
    ):
        with pytest.raises(CodeRequired if wanted is Reauthentication.CODE else ReauthenticationRequired):
            office.complete("iryna", "legal", "approved", proof=proof)
    office.complete("iryna", "legal", "approved", proof=Reauthenticated(iryna, wanted, at, "password"))
    assert office.history(deal)[-1].data["authentication"] == {"by": "password", "at": at.isoformat()}


def test_a_sum_is_the_same_however_it_is_spelled(office: Office) -> None:
    returned_round(office, {"legal": SUM, "finance": SUM, "logistics": SUM})
    office.complete("olena", "prepare", values={"discount": "9", "deal.amount": "125000,5"})
    assert open_elements(office) == ["legal"]
    office.complete("iryna", "legal", "returned", comment="Сума")
    office.complete("olena", "prepare", values={"discount": "9", "deal.amount": str(Decimal(100))})
    assert open_elements(office) == ["finance", "legal", "logistics"]


def test_who_asked_takes_the_request_back_and_has_the_step_again(office: Office) -> None:
    office.publish(naming({"legal": SUM, "finance": DISCOUNT, "logistics": SUM}))
    deal = office.open_deal()
    office.prepare()
    approve(office, "logistics")
    legal = office.step("legal").id
    with pytest.raises(NotYoursToRecall):
        office.do("taras", recall_approval, legal, "Помилка в сумі")
    with pytest.raises(InvalidInput):
        office.do("olena", recall_approval, legal, " ")
    office.do("olena", recall_approval, legal, "Помилка в сумі", command_id="a")
    office.do("olena", recall_approval, legal, "Помилка в сумі", command_id="a")
    assert [(one.element_id, one.assignee_id) for one in office.open_steps()] == [("prepare", office.company.olena.id)]
    told = next(event for event in office.history(deal) if event.kind == "approval_recalled")
    assert (told.data["to"], told.data["reason"]) == ("Підготувати пропозицію", "Помилка в сумі")
    with pytest.raises(AlreadyCancelled):
        office.complete("iryna", "legal", "approved", work_item_id=legal)
    office.prepare()
    assert open_elements(office) == ["finance", "legal"]


@pytest.mark.parametrize(("days", "whose"), [(1, "danylo"), (7, "olena")])
def test_what_a_substitute_asked_for_comes_back_to_whoever_has_the_step_by_then(
    office: Office, days: int, whose: str
) -> None:
    company = office.company
    with office.database.write() as session:
        session.add(Membership(person_id=company.danylo.id, department_id=company.sales.id))
    office.publish(naming({"legal": SUM, "finance": DISCOUNT, "logistics": SUM}))
    office.open_deal()
    office.do("olena", claim_work_item, office.step("prepare").id)
    away = (date(2026, 3, 1), date(2026, 3, 6))
    office.do("olena", set_substitution, company.olena.id, company.danylo.id, *away)
    office.prepare("danylo")
    office.clock.advance(timedelta(days=days))
    office.do(whose, recall_approval, office.step("legal").id, "Помилка в сумі")
    assert office.step("prepare").assignee_id == getattr(company, whose).id


def test_a_map_may_keep_a_request_from_being_taken_back(office: Office) -> None:
    office.publish(naming({"legal": SUM}, recall=False))
    office.open_deal()
    office.prepare()
    with pytest.raises(RecallNotGiven):
        office.do("olena", recall_approval, office.step("legal").id, "Помилка")


EDITED = FieldDefinition(name="discount", label="Знижка, %", type=FieldType.PERCENT)
BOUND = {"legal": "discount", "finance": "deal.amount", "logistics": "discount"}
PEOPLE = {"legal": "iryna", "finance": "oksana", "logistics": "petro"}


def with_editing_finance() -> CompiledProcess:
    """Finance may change the discount that legal and logistics approve."""
    process = naming({name: ContentRule(names=(bound,)) for name, bound in BOUND.items()})
    finance = process.steps["finance"].model_copy(update={"fields": (EDITED,)})
    return process.model_copy(
        update={"steps": {**process.steps, "finance": finance}, "content_hash": f"{process.content_hash[:-4]}edit"}
    )


def test_a_change_by_another_branch_asks_those_again_who_wait_in_the_join(office: Office) -> None:
    office.publish(with_editing_finance())
    deal = office.open_deal()
    office.prepare(discount="7")
    approve(office, "legal", "logistics")
    office.complete("oksana", "finance", "approved", {"discount": "9"})
    assert open_elements(office) == ["legal", "logistics"]
    asked = [event.data for event in office.history(deal) if event.kind == "approval_asked_again"]
    assert {(one["by"], *one["changes"]["discount"]) for one in asked} == {
        ("Ірина Бондар", "7", "9"),
        ("Петро Лисенко", "7", "9"),
    }
    approve(office, "legal", "logistics")
    assert open_elements(office) == ["sign"]


def play(office: Office, chance: Random) -> bool:
    """A random deal beside a model that only knows who saw which value; whether it came to be signed."""
    deal = office.open_deal()
    values: dict[str, str] = {}
    saw: dict[str, str] = {}
    for _ in range(30):
        standing = {one.element_id: one for one in office.open_steps(deal)}
        if "sign" in standing:
            assert saw == {name: values[bound] for name, bound in BOUND.items()}
            return True
        if "prepare" in standing:
            values = {"discount": chance.choice("567"), "deal.amount": chance.choice(("100.00", "200.00"))}
            office.complete("olena", "prepare", values=values, deal=deal)
            continue
        element = chance.choice(sorted(standing))
        act = chance.choices(("approved", "returned", "recall"), (8, 1, 1))[0]
        if act == "recall":
            office.do("olena", recall_approval, standing[element].id, "Зміни")
            continue
        typed = {"discount": chance.choice("567")} if element == "finance" and chance.random() < 0.4 else {}
        values |= typed
        if act == "approved":
            saw[element] = values[BOUND[element]]
        office.complete(PEOPLE[element], element, act, typed, comment="Чому", deal=deal)
    return False


def test_no_approval_is_ever_counted_for_what_its_giver_did_not_see(office: Office) -> None:
    office.publish(with_editing_finance())
    chance = Random(7)  # noqa: S311  # repeatable, nothing secret
    assert sum(play(office, chance) for _ in range(10)) > 5


def test_a_part_given_before_a_recall_stands_in_the_next_round(office: Office) -> None:
    several(office, ApprovalRule(mode="all"))
    office.complete("iryna", "legal", "approved", {"note": "стара"}, work_item_id=legal_part(office, "iryna"))
    office.do("olena", recall_approval, legal_part(office, "danylo"), "Ще раз перевірю")
    office.prepare()
    asked = [one.assignee_id for one in office.open_steps() if one.element_id == "legal"]
    assert asked == [office.company.danylo.id]


@pytest.mark.parametrize("what", ["client", "title"])
def test_what_changes_beside_the_steps_is_asked_again_before_the_deal_moves(office: Office, what: str) -> None:
    office.publish(naming({"finance": ContentRule(names=("client.name", "deal.title")), "logistics": DISCOUNT}))
    deal = office.open_deal()
    office.prepare()
    approve(office, "finance", "logistics")
    if what == "client":
        office.do("olena", update_client, deal.client_id, {"name": "ТОВ «Інший платник»"})
    else:
        office.do("olena", update_deal, deal.id, {"title": "Зовсім інша угода"})
    approve(office, "legal")
    assert open_elements(office) == ["finance"]
    approve(office, "finance")
    assert open_elements(office) == ["sign"]


@pytest.mark.parametrize("name", ["limit", "deal.limit"])
def test_no_message_changes_what_an_approval_names_though_no_step_asks_for_it(office: Office, name: str) -> None:
    office.publish(naming({"legal": ContentRule(names=(name,))}))
    deal = office.open_deal()
    office.prepare()
    with office.database.write() as session:
        locked, instance = lock_deal(session, deal.id, Actor.system())
        ensure_message_may_say(session, instance, {"limit": 100})  # it was not there yet
        locked.fields = {**locked.fields, "limit": 100}
        with pytest.raises(ContentApproved):
            ensure_message_may_say(session, instance, {"limit": 900})


def test_no_message_changes_a_deal_that_was_approved_as_a_whole_but_what_came_later_is_free(office: Office) -> None:
    office.publish(sales_map())
    deal = office.open_deal(fields={"limit": 100})
    office.prepare()
    approve(office, "legal", "finance", "logistics")
    with office.database.write() as session:
        locked, instance = lock_deal(session, deal.id, Actor.system())
        locked.fields = {**locked.fields, "tracking": "packed"}
        ensure_message_may_say(session, instance, {"tracking": "sent", "limit": 100})
        with pytest.raises(ContentApproved):
            ensure_message_may_say(session, instance, {"tracking": "sent", "limit": 900})


AMOUNT = {"amount": Decimal("99000.00")}


def test_a_change_after_the_approvals_asks_those_again_whose_content_changed(office: Office) -> None:
    office.publish(naming({"legal": SUM, "finance": DISCOUNT, "logistics": DISCOUNT}, reask=True))
    deal = office.open_deal()
    office.prepare()
    approve(office, "legal", "finance", "logistics")
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT)
    office.do("olena", update_deal, deal.id, AMOUNT, ask_again=True)
    assert open_elements(office) == ["prepare"]  # into one branch of three no deal can go back: whence it was asked
    assert office.step("prepare").assignee_id == office.company.olena.id
    office.prepare()
    assert open_elements(office) == ["legal"]
    (asked,) = (one.data for one in office.history(deal) if one.kind == "approval_asked_again")
    assert (asked["element_id"], asked["changes"]["deal.amount"]) == ("legal", ["125000.50", "99000.00"])
    approve(office, "legal")
    assert open_elements(office) == ["sign"]


def test_what_was_erased_from_an_approval_is_not_taken_for_what_stands_there_now(office: Office) -> None:
    office.publish(naming({"finance": ContentRule(names=("note",))}))
    deal = office.open_deal(fields={"note": "Марії по 100"})
    office.prepare()
    approve(office, "finance", "logistics")
    office.complete("iryna", "legal", "returned", comment="Ще раз")
    office.do("olena", update_deal, deal.id, {"fields": {"note": "Марії по 900"}})
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 7", ("Марії",)))
    office.prepare()
    assert "finance" in open_elements(office)


@pytest.mark.parametrize("renamed", [True, False])
def test_two_erased_texts_are_the_same_only_where_they_were_before(office: Office, *, renamed: bool) -> None:
    office.publish(naming({"finance": ContentRule(names=("client.name",))}))
    deal = office.open_deal()
    office.prepare()
    approve(office, "finance")
    if renamed:
        office.do("olena", update_client, deal.client_id, {"name": "Марія Петренко"})
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 7"))
    approve(office, "legal", "logistics")
    assert open_elements(office) == (["finance"] if renamed else ["sign"])
    if renamed:
        approve(office, "finance")
        assert open_elements(office) == ["sign"]


def one_after_the_other(*, reask: bool) -> CompiledProcess:
    """prepare → legal → finance → sign, and nothing that the map decides."""
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    builder.chain("start", *(builder.step(one) for one in ("prepare", "legal", "finance", "sign")), "won")
    of_sale = naming({"legal": DISCOUNT, "finance": SUM}, reask=reask).steps
    steps = {name: of_sale[name] for name in ("prepare", "legal", "finance", "sign")}
    built = builder.build()
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})


def test_where_the_map_decides_nothing_by_it_the_deal_goes_back_to_the_approvals_themselves(office: Office) -> None:
    office.publish(one_after_the_other(reask=True))
    deal = office.open_deal()
    office.prepare()
    approve(office, "legal", "finance")
    office.do("olena", update_deal, deal.id, {"fields": {"colour": "red"}}, ask_again=True)
    assert open_elements(office) == ["sign"]  # nobody has approved a colour
    office.do("olena", update_deal, deal.id, {"fields": {"discount": "9"}}, ask_again=True)
    assert open_elements(office) == ["legal"]
    with pytest.raises(ContentApproved):  # it is open now: who asked takes it back, or waits
        office.do("olena", update_deal, deal.id, AMOUNT, ask_again=True)
    approve(office, "legal")
    assert open_elements(office) == ["sign"]
    assert office.kinds(deal).count("approval_kept") == 1


def test_where_the_map_does_not_say_so_nothing_that_was_approved_changes(office: Office) -> None:
    office.publish(one_after_the_other(reask=False))
    deal = office.open_deal()
    office.prepare()
    approve(office, "legal", "finance")
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, AMOUNT, ask_again=True)
    assert (office.deal(deal).amount, open_elements(office)) == (Decimal("125000.50"), ["sign"])


def test_what_changed_beside_the_deals_page_is_approved_again_when_somebody_says_so(office: Office) -> None:
    office.publish(naming({"legal": PAPERS, "finance": DISCOUNT, "logistics": DISCOUNT}, reask=True))
    deal = office.open_deal()
    add_file(office, deal, "Договір.pdf", b"one")
    office.prepare()
    approve(office, "legal", "finance", "logistics")
    with pytest.raises(NothingToAskAgain):
        office.do("olena", ask_approvals_again, deal.id)
    add_file(office, deal, "Договір.pdf", b"two")
    with office.database.read() as session:
        (found,) = to_ask_again(session, office.actor("olena"), deal.id)
    assert (found.item.element_id, [one.name for one in found.changes]) == ("legal", ["Договір.pdf"])
    office.do("olena", ask_approvals_again, deal.id)
    office.prepare()
    assert open_elements(office) == ["legal"]
