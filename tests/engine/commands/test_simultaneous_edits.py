"""Two people edit one deal or one client. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from support.office import Office
from support.sales_map import losing_map
from support.specification import specification_map
from support.waiting import somebody_waits

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.commands.client_merging import MergeRequest, merge_clients
from engine.commands.clients import ClientDraft, ContactDraft, add_client, add_contact, update_client
from engine.commands.completions import CompletionRequest, complete_many
from engine.commands.deals import comment_on_deal, update_deal
from engine.commands.erasure import ErasureRequest, erase_contact
from engine.commands.work_items import save_draft
from engine.model.client import Client, Contact
from engine.model.deal import Deal
from engine.model.draft import Draft
from engine.policy.personal_texts import ERASED
from engine.policy.simultaneous_edits import AsOf, EditedMeanwhile, EmptiedBy


def read(office: Office, deal: Deal) -> int:
    return office.deal(deal).history_length


def test_the_second_of_two_editors_of_a_deal_is_told_and_overwrites_knowingly(office: Office) -> None:
    deal = office.open_deal(amount=Decimal(5))
    version = read(office, deal)
    office.do("bohdan", update_deal, deal.id, {"amount": Decimal(7), "fields": {"note": "з доставкою"}})
    office.do("olena", comment_on_deal, deal.id, "Бачу")
    theirs = {"title": "Помпи", "amount": Decimal(6), "fields": {"note": "без доставки"}}
    with pytest.raises(EditedMeanwhile) as told:
        office.do("olena", update_deal, deal.id, theirs, read_version=version)
    assert told.value.errors.keys() == {"amount", "note"}
    assert (office.deal(deal).title, office.deal(deal).amount) == (deal.title, Decimal(7))
    told_version = read(office, deal)
    office.do("bohdan", update_deal, deal.id, {"amount": Decimal(8)})
    with pytest.raises(EditedMeanwhile) as told_again:
        office.do("olena", update_deal, deal.id, theirs, read_version=version, told_version=told_version)
    assert told_again.value.errors.keys() == {"amount"}
    office.do("olena", update_deal, deal.id, theirs, read_version=version, told_version=read(office, deal))
    assert (office.deal(deal).title, office.deal(deal).amount) == ("Помпи", Decimal(6))


def test_what_the_second_left_alone_stays_as_the_first_made_it(office: Office) -> None:
    deal = office.open_deal(amount=Decimal(5))
    version = read(office, deal)
    office.do("bohdan", update_deal, deal.id, {"amount": Decimal(7)})
    office.do("olena", update_deal, deal.id, {"title": "Помпи", "amount": Decimal("5.00")}, read_version=version)
    assert (office.deal(deal).title, office.deal(deal).amount) == ("Помпи", Decimal(7))


def test_what_a_step_gave_meanwhile_is_not_overwritten_unseen(office: Office) -> None:
    deal = office.open_deal()
    version = read(office, deal)
    office.prepare(discount="7")
    office.complete("iryna", "legal", "returned", comment="Дорого")
    with pytest.raises(EditedMeanwhile) as told:
        office.do("olena", update_deal, deal.id, {"fields": {"discount": "9"}}, read_version=version)
    assert told.value.errors["discount"].params["value"] == "7"


def test_a_step_leaves_to_others_what_its_form_was_left_as(office: Office) -> None:
    deal = office.open_deal()
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "5"}})
    version = read(office, deal)
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "9"}})
    done = office.complete("olena", "prepare", values={"discount": "5,0"}, read_as_of=AsOf(version))
    assert (done.values["discount"], office.deal(deal).fields["discount"]) == ("9", "9")


def test_a_step_leaves_to_others_the_deals_own_sum(office: Office) -> None:
    deal = office.open_deal(amount=Decimal(5))
    version = read(office, deal)
    office.do("bohdan", update_deal, deal.id, {"amount": Decimal("7.50")})
    office.complete("olena", "prepare", values={"discount": "5", "deal.amount": "5,00"}, read_as_of=AsOf(version))
    assert office.deal(deal).amount == Decimal("7.50")


def test_a_step_brings_no_erased_text_back_unseen(office: Office) -> None:
    office.publish(losing_map(FieldDefinition(name="contact", label="Контакт", type=FieldType.TEXT)))
    deal = office.open_deal()
    office.do("olena", update_deal, deal.id, {"fields": {"contact": "Марія Іваненко"}})
    office.do("olena", add_contact, deal.client_id, ContactDraft(full_name="Марія Іваненко"))
    with office.database.read() as session:
        contact_id = session.scalars(select(Contact.id)).one()
    version = read(office, deal)
    office.do("admin", erase_contact, contact_id, ErasureRequest("лист № 7", ()))
    assert office.deal(deal).fields["contact"] == ERASED
    step_id = office.step("ask").id
    office.do("olena", save_draft, step_id, {"contact": "Марія Іваненко"}, read_as_of=AsOf(version))
    with office.database.read() as session:
        assert session.get_one(Draft, (step_id, office.company.olena.id)).texts == {}
    with pytest.raises(EditedMeanwhile) as told:
        office.complete("olena", "ask", values={"contact": "Марія Іваненко"}, read_as_of=AsOf(version))
    assert isinstance(told.value.errors["contact"], EmptiedBy)
    assert office.deal(deal).fields["contact"] == ERASED
    office.complete("olena", "ask", values={"contact": ""}, read_as_of=AsOf(version))


def test_a_step_brings_no_erased_title_back_unseen(office: Office) -> None:
    office.publish(losing_map(FieldDefinition(name="deal.title", label="Назва", type=FieldType.TEXT)))
    deal = office.open_deal(title="Марія Іваненко, насоси")
    office.do("olena", add_contact, deal.client_id, ContactDraft(full_name="Марія Іваненко"))
    with office.database.read() as session:
        contact_id = session.scalars(select(Contact.id)).one()
    version = read(office, deal)
    office.do("admin", erase_contact, contact_id, ErasureRequest("лист № 7", ()))
    with pytest.raises(EditedMeanwhile) as told:
        office.complete("olena", "ask", values={"deal.title": "Марія Іваненко, насоси"}, read_as_of=AsOf(version))
    assert isinstance(told.value.errors["deal.title"], EmptiedBy)
    assert office.deal(deal).title == ERASED


def test_a_step_tells_what_both_changed_and_overwrites_it_knowingly(office: Office) -> None:
    deal = office.open_deal()
    version = read(office, deal)
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "9"}})
    with pytest.raises(EditedMeanwhile) as refused:
        office.complete("olena", "prepare", values={"discount": "5"}, read_as_of=AsOf(version))
    assert refused.value.errors["discount"].params["value"] == "9"
    assert office.step("prepare").is_live
    told = AsOf(read(office, deal))
    office.complete("olena", "prepare", values={"discount": "5"}, read_as_of=AsOf(version), told_as_of=told)
    assert office.deal(deal).fields["discount"] == "5"


def test_a_step_names_the_deals_own_sum_as_its_form_does(office: Office) -> None:
    office.publish(specification_map())
    deal = office.open_deal("olena", amount=Decimal(5))
    version = read(office, deal)
    office.do("bohdan", update_deal, deal.id, {"title": "Помпи"})
    form = {"goods": [{"item": "Насос", "quantity": "2", "price": "10"}]}
    office.complete("olena", "prepare", values=form, read_as_of=AsOf(version))
    assert (office.deal(deal).amount, office.deal(deal).title) == (Decimal(20), "Помпи")


def test_a_draft_does_not_take_for_typed_what_another_changed_since(office: Office) -> None:
    deal = office.open_deal()
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "5"}})
    version, step_id = read(office, deal), office.step("prepare").id
    office.do("bohdan", update_deal, deal.id, {"fields": {"discount": "9"}})
    office.do("olena", save_draft, step_id, {"discount": "5"}, comment="Ще думаю", read_as_of=AsOf(version))
    with office.database.read() as session:
        draft = session.get_one(Draft, (step_id, office.company.olena.id))
        assert (draft.texts, draft.comment) == ({}, "Ще думаю")


def test_a_step_treats_fields_of_the_client_as_those_of_the_deal(office: Office) -> None:
    segment = FieldDefinition(name="client.segment", label="Сегмент", type=FieldType.TEXT)
    office.publish(losing_map(segment))
    deal = office.open_deal()
    office.do("bohdan", update_client, deal.client_id, {"segment": "B2B"})

    def as_of() -> AsOf:
        with office.database.read() as session:
            client = session.get_one(Client, deal.client_id)
            return AsOf(session.get_one(Deal, deal.id).history_length, client.version)

    def current() -> str:
        with office.database.read() as session:
            return session.get_one(Client, deal.client_id).segment

    read_as_of = as_of()
    office.do("bohdan", update_client, deal.client_id, {"segment": "B2G"})
    with pytest.raises(EditedMeanwhile) as told:
        office.complete("olena", "ask", values={"client.segment": "роздріб"}, read_as_of=read_as_of)
    assert told.value.errors["client.segment"].params["value"] == "B2G"
    told_as_of = as_of()
    office.do("bohdan", update_client, deal.client_id, {"segment": "опт"})
    theirs: dict[str, Any] = {"values": {"client.segment": "роздріб"}, "read_as_of": read_as_of}
    with pytest.raises(EditedMeanwhile):
        office.complete("olena", "ask", told_as_of=told_as_of, **theirs)
    assert current() == "опт"
    office.complete("olena", "ask", told_as_of=as_of(), **theirs)
    assert current() == "роздріб"


def test_a_step_leaves_to_others_what_it_shows_of_the_client(office: Office) -> None:
    office.publish(losing_map(FieldDefinition(name="client.phone", label="Телефон", type=FieldType.TEXT)))
    deal = office.open_deal()
    office.do("bohdan", update_client, deal.client_id, {"phone": "067 123-45-67"})
    with office.database.read() as session:
        read_as_of = AsOf(read(office, deal), session.get_one(Client, deal.client_id).version)
    office.do("bohdan", update_client, deal.client_id, {"phone": "050 765-43-21"})
    done = office.complete("olena", "ask", values={"client.phone": "+380671234567"}, read_as_of=read_as_of)
    assert done.values["client.phone"] == "+380507654321"
    with office.database.read() as session:
        assert session.get_one(Client, deal.client_id).phone == "+380507654321"


def test_a_step_brings_nothing_of_an_erased_contact_back_onto_the_clients_card(office: Office) -> None:
    office.publish(losing_map(FieldDefinition(name="client.phone", label="Телефон", type=FieldType.TEXT)))
    deal = office.open_deal()
    office.do("bohdan", update_client, deal.client_id, {"phone": "067 123-45-67"})
    office.do("olena", add_contact, deal.client_id, ContactDraft(full_name="Марія Іваненко", phone="067 123-45-67"))
    with office.database.read() as session:
        read_as_of = AsOf(read(office, deal), session.get_one(Client, deal.client_id).version)
        contact_id = session.scalars(select(Contact.id)).one()
    office.do("admin", erase_contact, contact_id, ErasureRequest("лист № 7", ()))
    with pytest.raises(EditedMeanwhile) as told:
        office.complete("olena", "ask", values={"client.phone": "+380671234567"}, read_as_of=read_as_of)
    assert isinstance(told.value.errors["client.phone"], EmptiedBy)
    with office.database.read() as session:
        assert session.get_one(Client, deal.client_id).phone == ""


def test_the_erasure_of_a_contact_whom_the_card_does_not_name_hides_no_change_of_the_card(office: Office) -> None:
    client_id = office.open_deal().client_id
    office.do("olena", add_contact, client_id, ContactDraft(full_name="Марія Іваненко"))
    with office.database.read() as session:
        contact_id = session.scalars(select(Contact.id)).one()
        version = session.get_one(Client, client_id).version
    office.do("bohdan", update_client, client_id, {"segment": "B2G"})
    office.do("admin", erase_contact, contact_id, ErasureRequest("лист № 7", ()))
    with pytest.raises(EditedMeanwhile) as told:
        office.do("olena", update_client, client_id, {"segment": "B2B"}, read_version=version)
    assert told.value.errors["segment"].params["value"] == "B2G"
    with office.database.read() as session:
        told_version = session.get_one(Client, client_id).version
    office.do("olena", update_client, client_id, {"segment": "B2B"}, read_version=version, told_version=told_version)


def test_a_text_that_only_the_opening_of_a_deal_gave_does_not_come_back_after_it_was_erased(office: Office) -> None:
    office.publish(losing_map(FieldDefinition(name="contact", label="Контакт", type=FieldType.TEXT)))
    deal = office.open_deal(fields={"contact": "Марія Іваненко"})
    office.do("olena", add_contact, deal.client_id, ContactDraft(full_name="Марія Іваненко"))
    with office.database.read() as session:
        contact_id = session.scalars(select(Contact.id)).one()
    version = read(office, deal)
    office.do("admin", erase_contact, contact_id, ErasureRequest("лист № 7", ()))
    assert office.deal(deal).fields["contact"] == ERASED
    with pytest.raises(EditedMeanwhile):
        office.complete("olena", "ask", values={"contact": "Марія Іваненко"}, read_as_of=AsOf(version))
    office.do("olena", update_deal, deal.id, {"fields": {"contact": "Марія Іваненко"}}, read_version=version)
    assert office.deal(deal).fields["contact"] == ERASED


def test_two_editors_of_a_client(office: Office) -> None:
    client_id = office.open_deal().client_id

    def client() -> Client:
        with office.database.read() as session:
            return session.get_one(Client, client_id)

    version = client().version
    office.do("bohdan", update_client, client_id, {"segment": "B2G", "source": "виставка"})
    untouched = {"name": "ТОВ «Промінь»", "segment": "", "source": "", "phone": "067 123-45-67"}
    office.do("olena", update_client, client_id, untouched, read_version=version)
    assert (client().segment, client().source, client().phone) == ("B2G", "виставка", "+380671234567")
    with pytest.raises(EditedMeanwhile) as told:
        office.do("olena", update_client, client_id, {"segment": "B2B"}, read_version=version)
    assert (told.value.errors["segment"].params["value"], told.value.params["by"]) == ("B2G", "Богдан Шевченко")
    told_version = client().version
    theirs = {"segment": "B2B", "source": ""}
    office.do("olena", update_client, client_id, theirs, read_version=version, told_version=told_version)
    assert (client().segment, client().source) == ("B2B", "виставка")


def test_a_step_waits_for_who_changes_its_client_and_tells_it(office: Office) -> None:
    office.publish(losing_map(FieldDefinition(name="client.segment", label="Сегмент", type=FieldType.TEXT)))
    deal = office.open_deal()
    with office.database.read() as session:
        read_as_of = AsOf(read(office, deal), session.get_one(Client, deal.client_id).version)
    theirs: dict[str, Any] = {"values": {"client.segment": "роздріб"}, "read_as_of": read_as_of}
    with ThreadPoolExecutor(1) as pool:
        with office.database.write() as session:
            bohdan = office.actor("bohdan")
            update_client(session, deal.client_id, {"segment": "B2G"}, actor=bohdan, clock=office.clock)
            session.flush()
            waiting = pool.submit(office.complete, "olena", "ask", **theirs)
            while not (office.database.is_sqlite or somebody_waits(office.database)):  # SQLite has one writer at a time
                assert not waiting.done()
        with pytest.raises(EditedMeanwhile) as told:
            waiting.result()
    assert told.value.errors["client.segment"].params["value"] == "B2G"


def test_a_step_does_not_take_the_client_that_another_was_merged_into_for_the_one_it_showed(office: Office) -> None:
    fields = [
        FieldDefinition(name=f"client.{name}", label=label, type=FieldType.TEXT)
        for name, label in (("segment", "Сегмент"), ("source", "Джерело"))
    ]
    office.publish(losing_map(*fields))
    deal = office.open_deal()
    kept = office.do("bohdan", add_client, ClientDraft(name="ТОВ «Промінь Плюс»", segment="B2G", source="виставка"))
    for segment in ("опт", "B2B"):
        office.do("bohdan", update_client, deal.client_id, {"segment": segment})
    with office.database.read() as session:
        read_as_of = AsOf(read(office, deal), session.get_one(Client, deal.client_id).version)
    office.do("admin", merge_clients, MergeRequest(kept.id, (deal.client_id,), {}))
    theirs = {"client.segment": "B2B", "client.source": "сайт"}
    with pytest.raises(EditedMeanwhile) as told:
        office.complete("olena", "ask", values=theirs, read_as_of=read_as_of)
    assert {name: one.params["value"] for name, one in told.value.errors.items()} == {"client.source": "виставка"}
    with office.database.read() as session:
        told_as_of = AsOf(read(office, deal), session.get_one(Client, kept.id).version)
    office.complete("olena", "ask", values=theirs, read_as_of=read_as_of, told_as_of=told_as_of)
    with office.database.read() as session:
        client = session.get_one(Client, kept.id)
        assert (client.segment, client.source) == ("B2G", "сайт")


def test_a_step_that_is_done_unopened_leaves_to_others_what_it_had_shown(office: Office) -> None:
    office.publish(losing_map(FieldDefinition(name="client.segment", label="Сегмент", type=FieldType.TEXT)))
    deal = office.open_deal()
    with office.database.read() as session:
        read_as_of = AsOf(read(office, deal), session.get_one(Client, deal.client_id).version)
    office.do("bohdan", update_client, deal.client_id, {"segment": "B2G"})
    unopened = CompletionRequest(office.step("ask").id, "completed", {"client.segment": ""}, read_as_of=read_as_of)
    (done,) = complete_many(office.database, [unopened], actor=office.actor("olena"), clock=office.clock)
    assert done.error is None
    with office.database.read() as session:
        assert session.get_one(Client, deal.client_id).segment == "B2G"
