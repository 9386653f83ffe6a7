"""Merging double clients: what goes along, what stands against it, and how it is undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select
from support.approval_maps import naming
from support.client_mail import CLIENT, letters_in, write
from support.founded_offices import FoundedOffices
from support.merging import add, merge, undo
from support.office import Office

from engine.adapters.received_letters import ReceivedLetter
from engine.adapters.received_mail import ReceivedMessage
from engine.bpmn.compiled import ContentRule, FieldDefinition, FieldType
from engine.commands import client_merging
from engine.commands.client_answers import BroughtLetter, take_client_answer
from engine.commands.client_merge_refusals import ClientIsApproved, UnseenIsApproved, UnseenIsApprovedToo
from engine.commands.client_merge_undoing import (
    ChangedSinceMerge,
    ErasedSinceMerge,
    MergedFurther,
    MergeIsOld,
    MergeStays,
    undo_merge,
)
from engine.commands.client_merging import (
    AlreadyMerged,
    ErasedIsNotMerged,
    NothingToMerge,
    TooManyToMerge,
)
from engine.commands.clients import (
    ClientDraft,
    ClientExists,
    ContactDraft,
    add_contact,
    update_client,
    update_contact,
)
from engine.commands.erasure import ErasureRequest, erase_client, erase_contact
from engine.commands.work_items import FourEyes
from engine.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from engine.model.client import Client, Contact
from engine.model.client_merge import ClientMerge
from engine.model.client_note import ClientNote
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.history_event import HistoryEvent
from engine.model.work_item import WorkItem
from engine.policy.file_limits import FileLimits
from engine.policy.personal_texts import ERASED
from engine.queries.clients import client_history, client_view, clients
from engine.queries.inbox_filters import InboxFilter, narrowing
from engine.queries.references import resolved_references

CLIENT_FIELD = FieldDefinition(name="payer", label="Платник", type=FieldType.CLIENT)


@pytest.fixture
def office(sqlite_database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """Merging writes nothing that the two databases store differently; what waits for locks is tried on both."""
    with founded.at_work(sqlite_database_url) as office:
        yield office


def stored(office: Office, client_id: int) -> Client:
    with office.database.read() as session:
        client = session.get_one(Client, client_id)
        assert client.merged_into_id != client_id
        return client


def client_of(office: Office, deal: Deal) -> int:
    return office.deal(deal).client_id


def contacts_at(office: Office, client_id: int) -> list[str]:
    with office.database.read() as session:
        return sorted(session.scalars(select(Contact.full_name).where(Contact.client_id == client_id)))


def note(office: Office, client_id: int, text: str) -> None:
    with office.database.write() as session:
        values = {"text": text, "fingerprint": text, "brought_at": office.clock.now()}
        session.add(ClientNote(client_id=client_id, **values))


def ensure_chains_whole(office: Office, deal: Deal) -> None:
    previous = ""
    for event in office.history(deal):
        assert event.previous_hash == previous
        previous = event.entry_hash
    assert office.deal(deal).history_hash == previous


def test_all_that_belongs_to_a_client_goes_along_and_comes_back(office: Office) -> None:
    kept, merged = (
        add(office, "ТОВ «Промінь»", phone="0671234567"),
        add(office, "Промінь", "taras", email="a@promin.ua"),
    )
    deal = office.open_deal("taras", client_id=merged, client=None)
    for name in ("Марія Іваненко", "Олег Бут"):
        office.do("taras", add_contact, merged, ContactDraft(full_name=name, phone="0509876543"))
    office.do("olena", add_contact, kept, ContactDraft(full_name="Марія Іваненко", phone="0509876543"))
    for client_id, text in ((merged, "Давня розмова"), (merged, "Те саме"), (kept, "Те саме")):
        note(office, client_id, text)
    merge(office, kept, merged)
    assert client_of(office, deal) == kept
    assert contacts_at(office, kept) == ["Марія Іваненко", "Олег Бут"]  # whom both had stands there once
    assert contacts_at(office, merged) == []
    assert (stored(office, kept).email, stored(office, kept).phone) == ("a@promin.ua", "+380671234567")
    assert office.kinds(deal)[-1] == "deal_client_replaced"
    ensure_chains_whole(office, deal)
    with office.database.read() as session:
        bohdan = office.actor("bohdan")
        assert [one.id for one in clients(session, bohdan).items] == [kept]
        assert [one.id for one in clients(session, bohdan, q="промінь").items] == [kept]
        assert client_view(session, bohdan, kept, office.clock.now()).old_notes.total == 2
        told = [row.kind for row in client_history(session, bohdan, kept).items]
        assert told[:2] == ["clients_merged", "client_changed"]
        assert told.count("client_added") == 2  # both histories
        assert "тов «промінь»" in session.get_one(Deal, deal.id).search_text
        assert "тов" in (session.scalars(select(WorkItem.search_text).where(WorkItem.deal_id == deal.id)).first() or "")
    since = office.open_deal("olena", client_id=kept, client=None)
    assert undo(office, merged) == merged
    assert (client_of(office, deal), client_of(office, since)) == (merged, kept)
    assert contacts_at(office, merged) == ["Марія Іваненко", "Олег Бут"]
    assert contacts_at(office, kept) == ["Марія Іваненко"]
    assert (stored(office, kept).email, stored(office, merged).email) == ("", "a@promin.ua")
    assert office.kinds(deal)[-2:] == ["deal_client_replaced", "deal_client_replaced"]
    ensure_chains_whole(office, deal)
    with office.database.read() as session:
        assert {one.id for one in clients(session, office.actor("bohdan"), q="промінь").items} == {kept, merged}
    with pytest.raises(MergeStays):
        undo(office, merged)


def test_the_values_chosen_stay_and_what_is_empty_is_filled(office: Office) -> None:
    kept = add(office, "Лан", segment="B2B", phone="0671234567")
    first, second = add(office, "ТОВ Лан", segment="B2G", phone="0501112233"), add(office, "ЛАН", edrpou="12345678")
    merge(office, kept, first, second, values={"name": second, "phone": first, "segment": kept})
    client = stored(office, kept)
    assert (client.name, client.phone, client.segment, client.edrpou) == ("ЛАН", "+380501112233", "B2B", "12345678")
    with pytest.raises(InvalidInput):
        merge(office, kept, add(office, "Лан"), values={"name": 999})


def test_whoever_still_names_the_merged_one_means_the_one_who_stayed(office: Office) -> None:
    kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь", edrpou="12345678")
    third = add(office, "Промінь ЛТД")
    merge(office, merged, third)
    merge(office, kept, merged, values={"edrpou": kept})
    assert stored(office, kept).edrpou == ""
    for one in (merged, third):
        deal = office.open_deal("taras", client_id=one, client=None)
        assert client_of(office, deal) == kept
    with office.database.read() as session:
        for value in (merged, third, "12345678"):
            assert resolved_references(session, [CLIENT_FIELD], {"payer": value})[0] == {"payer": kept}
    add(office, "Новий", edrpou="12345678")  # nobody who stands has this code
    with pytest.raises(MergedFurther):
        undo(office, third)
    with pytest.raises(DomainError, match="code already"):
        undo(office, merged)


def test_what_is_approved_does_not_become_something_else(office: Office) -> None:
    deal = office.open_deal("olena")
    merged = office.deal(deal).client_id
    kept = add(office, "Промінь")
    merge(office, kept, merged)  # nobody approves yet
    undo(office, merged)
    office.prepare()
    with pytest.raises(ClientIsApproved, match=deal.number):
        merge(office, kept, merged)
    for login, element in (("iryna", "legal"), ("oksana", "finance")):
        office.complete(login, element, "approved")
    with pytest.raises(ClientIsApproved):
        merge(office, kept, merged)
    given = [event.data for event in office.history(deal)]
    assert client_of(office, deal) == merged
    merge(office, kept, merged, values={"name": merged})  # the name that was approved stays
    assert [event.data for event in office.history(deal)][:-1] == given
    office.complete("petro", "logistics", "approved")
    assert [one.element_id for one in office.open_steps(deal)] == ["sign"]


def test_a_refused_merge_names_no_deal_that_the_merger_does_not_see(office: Office) -> None:
    """Whom a client belongs to sees it, and not the deals of others with it."""
    kept = add(office, "Промінь", "danylo")
    merged = add(office, "ТОВ Промінь", "danylo")
    hidden = office.open_deal("olena", client=ClientDraft(name="ТОВ Сокіл"))
    with office.database.write() as session:
        session.get_one(Deal, hidden.id).client_id = merged
    office.prepare()
    with pytest.raises(UnseenIsApproved) as refused:
        merge(office, kept, merged, login="danylo")
    assert refused.value.params == {"others": 1}
    assert hidden.number not in str(refused.value)
    with pytest.raises(ClientIsApproved, match=hidden.number):
        merge(office, kept, merged)
    own = office.open_deal("danylo", client_id=merged, client=None)
    office.complete("olena", "prepare", values={"discount": "7,5"}, deal=own)
    with pytest.raises(UnseenIsApprovedToo) as both:
        merge(office, kept, merged, login="danylo")
    assert both.value.params == {"deals": own.number, "others": 1}


def test_how_many_deals_the_one_who_stays_has_matters_to_no_merge_and_to_no_undo(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_merging, "MOST_DEALS", 2)
    first = office.open_deal("olena")
    kept, merged = office.deal(first).client_id, add(office, "ТОВ Промінь")
    for number in range(3):
        office.open_deal("olena", title=f"Ще {number}", client_id=kept, client=None)
    moving = [office.open_deal("olena", client_id=merged, client=None) for _ in range(2)]
    merge(office, kept, merged)
    assert {client_of(office, one) for one in moving} == {kept}
    for number in range(3):
        office.open_deal("olena", title=f"Потім {number}", client_id=kept, client=None)
    undo(office, merged)
    assert {client_of(office, one) for one in moving} == {merged}
    assert client_of(office, first) == kept
    office.open_deal("olena", client_id=merged, client=None)
    with pytest.raises(TooManyToMerge):
        merge(office, kept, merged)


def test_whom_both_had_comes_back_as_they_are_known_now_and_not_when_erased(office: Office) -> None:
    kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь")
    same = ContactDraft(full_name="Марія Іваненко", phone="0509876543")
    mine, hers = (office.do("bohdan", add_contact, one, same).id for one in (kept, merged))
    merge(office, kept, merged)
    office.do("bohdan", update_contact, mine, {"position": "Директорка"})
    undo(office, merged)
    with office.database.read() as session:
        back = session.get_one(Contact, hers)
        assert (back.client_id, back.full_name, back.position) == (merged, "Марія Іваненко", "Директорка")
        assert session.get_one(Contact, mine).client_id == kept


def test_whoever_is_added_after_a_merge_is_nobody_who_was_there_before(office: Office) -> None:
    """Else an old id, in the history and in other programs, would mean somebody else, who is erased by it."""
    kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь")
    same = ContactDraft(full_name="Марія Іваненко", phone="0509876543")
    _, hers = (office.do("bohdan", add_contact, one, same).id for one in (kept, merged))
    merge(office, kept, merged)
    other = office.do("bohdan", add_contact, kept, ContactDraft(full_name="Петро Сич")).id
    assert other != hers
    undo(office, merged)
    with office.database.read() as session:
        assert session.get_one(Contact, hers).full_name == "Марія Іваненко"
        assert session.get_one(Contact, other).full_name == "Петро Сич"


@pytest.mark.parametrize("url", ["sqlite_database_url", "postgresql_database_url"])
def test_a_contact_whom_somebody_changes_at_the_same_time_is_no_double_any_more(
    url: str, request: pytest.FixtureRequest, founded: FoundedOffices
) -> None:
    with founded.at_work(str(request.getfixturevalue(url))) as office:
        kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь")
        same = ContactDraft(full_name="Марія Іваненко", phone="0509876543")
        _, hers = (office.do("bohdan", add_contact, one, same).id for one in (kept, merged))
        merging = Thread(target=merge, args=(office, kept, merged))
        with office.database.write() as session:
            changes = {"phone": "0671234567"}
            update_contact(session, hers, changes, actor=office.actor("bohdan"), clock=office.clock)
            session.flush()
            merging.start()
            merging.join(timeout=1)  # it has read the contacts by then, or waits for the one that is being changed
        merging.join()
        with office.database.read() as session:
            contact = session.get_one(Contact, hers)
            assert (contact.client_id, contact.phone) == (kept, "+380671234567")


def test_erasing_whom_both_had_erases_what_the_other_card_called_them_before(office: Office) -> None:
    kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь")
    hers = office.do("olena", add_contact, merged, ContactDraft("Ганна Лис", phone="0501112233")).id
    office.do("olena", update_contact, hers, {"full_name": "Ганна Гай", "phone": "0671234567"})
    contact = office.do("olena", add_contact, kept, ContactDraft("Ганна Гай", phone="0671234567")).id
    merge(office, kept, merged)
    office.do("admin", erase_contact, contact, ErasureRequest("лист № 7"))
    with office.database.read() as session:
        told = [str(one.data) for one in session.scalars(select(HistoryEvent))]
    for said in ("Гай", "Лис", "0501112233", "501112233", "671234567"):
        assert not [one for one in told if said in one]
    with pytest.raises(ErasedSinceMerge):
        undo(office, merged)


def test_the_approvals_of_the_one_who_stays_are_kept_too_and_by_an_undo(office: Office) -> None:
    deal = office.open_deal("olena", client=ClientDraft(name="Промінь"))
    kept, merged = office.deal(deal).client_id, add(office, "ТОВ Промінь")
    merge(office, kept, merged, values={"name": merged})
    office.prepare()
    with pytest.raises(ClientIsApproved):  # the old name would come back
        undo(office, merged)
    other = add(office, "Промінь ЛТД")
    with pytest.raises(ClientIsApproved):
        merge(office, kept, other, values={"name": other})
    merge(office, kept, other)


def test_a_merge_stays_where_it_can_no_longer_be_undone(office: Office) -> None:
    def pair() -> tuple[int, int]:
        kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь", phone="0671234567")
        merge(office, kept, merged)
        return kept, merged

    (changed, of_changed), (erased, of_erased), (_, old) = pair(), pair(), pair()
    office.do("bohdan", update_client, changed, {"segment": "B2B"})
    office.do("bohdan", update_client, changed, {"phone": "0501112233"})
    office.do("admin", erase_client, erased, ErasureRequest("лист № 7"))
    with pytest.raises(ChangedSinceMerge):
        undo(office, of_changed)
    with pytest.raises(ErasedSinceMerge):
        undo(office, of_erased)
    office.clock.advance(timedelta(days=30))
    with pytest.raises(MergeIsOld):
        undo(office, old)
    client = stored(office, of_erased)
    assert (client.name, client.phone) == (ERASED, "")
    with office.database.read() as session:
        held = session.scalars(select(ClientMerge).where(ClientMerge.merged_id == of_erased)).one()
        assert held.changes is None
    with pytest.raises(ErasedIsNotMerged):
        merge(office, changed, erased)


def test_erasing_finds_what_a_merge_has_told_in_the_deals_of_the_other(office: Office) -> None:
    deal = office.open_deal("olena", client=ClientDraft(name="ФОП Марія Іваненко"))
    mine, hers = office.deal(deal).client_id, add(office, "Марія Іваненко, кур'єр")
    merge(office, hers, mine)
    undo(office, mine)
    office.do("admin", erase_client, hers, ErasureRequest("лист № 7"))
    assert client_of(office, deal) == mine
    told = [event.data for event in office.history(deal) if event.kind == "deal_client_replaced"]
    assert "кур'єр" not in repr(told)
    ensure_chains_whole(office, deal)


def test_who_may_not_or_does_not_see_both_merges_nothing(office: Office) -> None:
    kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь", "taras")
    with pytest.raises(NotFound):
        merge(office, kept, merged, login="olena")
    with pytest.raises(NotFound):
        merge(office, kept, 10**12)
    with pytest.raises(NotAllowed):
        merge(office, kept, merged, login="iryna")
    for nothing in ((), (kept,)):
        with pytest.raises(NothingToMerge):
            merge(office, kept, *nothing)
    seen = stored(office, merged).version
    office.do("taras", update_client, merged, {"segment": "B2B"})
    with pytest.raises(Conflict):
        merge(office, kept, merged, versions={merged: seen})
    merge(office, kept, merged)
    with pytest.raises(NotFound):
        undo(office, merged, "danylo")
    with pytest.raises(NotFound):
        office.do("bohdan", undo_merge, 10**12)


def test_a_merge_that_comes_twice_is_done_once(office: Office) -> None:
    kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь")
    for _ in range(2):
        assert merge(office, kept, merged, command_id="click") == kept
    with pytest.raises(AlreadyMerged, match="ТОВ Промінь"):
        merge(office, kept, merged)
    with pytest.raises(AlreadyMerged):
        merge(office, merged, kept)
    with pytest.raises(NotFound):
        office.do("olena", update_client, merged, {"segment": "B2B"})


@pytest.mark.parametrize("url", ["sqlite_database_url", "postgresql_database_url"])
def test_of_two_who_merge_at_once_in_both_directions_one_is_told(
    url: str, request: pytest.FixtureRequest, founded: FoundedOffices
) -> None:
    with founded.at_work(str(request.getfixturevalue(url))) as office:
        one, other = add(office, "Промінь"), add(office, "ТОВ Промінь")
        office.open_deal("olena", client_id=other, client=None)
        told: list[str] = []
        together = Barrier(2)

        def attempt(kept: int, merged: int) -> None:
            together.wait()
            try:
                merge(office, kept, merged)
            except DomainError as error:
                told.append(error.code)

        threads = [Thread(target=attempt, args=pair) for pair in ((one, other), (other, one))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told == ["already_merged"]
        with office.database.read() as session:
            merged = session.scalars(select(Client).where(Client.merged_into_id.is_not(None))).one()
            assert session.scalars(select(Deal.client_id)).one() == merged.merged_into_id


def test_erasing_leaves_the_letters_of_a_client_from_whom_the_merge_was_undone(office: Office) -> None:
    deal = office.open_deal("olena", client=ClientDraft(name="ФОП Марія Іваненко", email=CLIENT))
    mine, hers = office.deal(deal).client_id, add(office, "Петро Гай, кур'єр", phone="0671234567")
    write(office, deal)
    write(office, deal, text="Кур'єра звуть Петро Гай, кур'єр.")
    merge(office, hers, mine)
    undo(office, mine)
    office.do("admin", erase_client, hers, ErasureRequest("лист № 7"))
    assert [one.subject for one in letters_in(office)] == ["Пропозиція", "Пропозиція"]
    assert "Петро Гай" not in repr([one.text for one in letters_in(office)])
    office.do("admin", erase_client, mine, ErasureRequest("лист № 8"))
    assert letters_in(office) == []


def test_erasing_finds_what_a_merge_wrote_into_the_card_of_the_other(office: Office) -> None:
    kept, merged = add(office, "Промінь"), add(office, "Марія Іваненко", phone="0671234567", email="maria@i.ua")
    merge(office, kept, merged, values={"name": merged})
    undo(office, merged)
    office.do("admin", erase_client, merged, ErasureRequest("лист № 7"))
    with office.database.read() as session:
        told = repr([one.data for one in session.scalars(select(HistoryEvent).where(HistoryEvent.deal_id.is_(None)))])
    assert not {one for one in ("Іваненко", "+380671234567", "maria@i.ua") if one in told}
    assert stored(office, kept).name == "Промінь"


def test_an_undo_gives_no_code_to_two(office: Office) -> None:
    kept, merged = add(office, "Промінь", edrpou="11111111"), add(office, "Промінь ЛТД", edrpou="22222222")
    merge(office, kept, merged, values={"edrpou": merged})
    other = add(office, "Новий", edrpou="11111111")
    with pytest.raises(ClientExists, match="Новий"):
        undo(office, merged)
    office.do("olena", update_client, other, {"edrpou": "33333333"})
    undo(office, merged)


def test_erasing_the_one_who_had_another_merged_leaves_what_is_the_others(office: Office) -> None:
    deal = office.open_deal("olena", title="Меблі для Марії Іваненко", client=ClientDraft(name="Марії Іваненко"))
    merged, kept = office.deal(deal).client_id, add(office, "Петро Гай, кур'єр")
    merge(office, kept, merged, values={"name": merged})
    undo(office, merged)
    office.do("admin", erase_client, kept, ErasureRequest("лист № 7"))
    assert office.deal(deal).title == "Меблі для Марії Іваненко"
    assert (stored(office, kept).name, stored(office, merged).name) == (ERASED, "Марії Іваненко")


def test_whoever_wrote_what_is_approved_does_not_escape_four_eyes_by_a_merge(office: Office) -> None:
    merged = add(office, "Промінь", segment="B2B")
    office.publish(naming({"legal": ContentRule(names=("client.segment",))}, four_eyes=True))
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.bohdan.id, department_id=office.company.legal.id))
    office.open_deal("olena", client_id=merged, client=None)
    office.do("bohdan", update_client, merged, {"segment": "B2G"})
    office.prepare()
    kept = add(office, "Промінь", "bohdan", segment="B2G")
    for merges in (False, True):
        if merges:
            merge(office, kept, merged)
        with pytest.raises(FourEyes):
            office.complete("bohdan", "legal", "approved")
    office.complete("iryna", "legal", "approved")


def test_whom_the_card_no_longer_names_still_answers_as_the_client_and_is_found_by_a_kept_filter(
    office: Office,
) -> None:
    deal = office.open_deal("olena", client=ClientDraft(name="Промінь", email="old@promin.ua"))
    merged, kept = office.deal(deal).client_id, add(office, "ТОВ Промінь", email="new@promin.ua")
    letter = write(office, deal, to=("boss@promin.ua",))
    merge(office, kept, merged)
    message = ReceivedMessage("m", "<m@promin.ua>", "old@promin.ua", (), is_automatic=False, failure="", text="")
    said = BroughtLetter(ReceivedLetter("", "Re: Пропозиція", "Добре", "", (), ()))
    with office.database.write() as session:
        take_client_answer(session, message, said, letter, limits=FileLimits(), clock=office.clock)
        chosen = narrowing(session, InboxFilter(client_id=merged), office.clock.now())
        assert session.scalars(select(WorkItem.deal_id).where(*chosen)).all() == [deal.id]
    assert letters_in(office)[-1].is_known


def test_erasing_a_contact_erases_the_same_one_of_the_merged_client_although_changed_since(office: Office) -> None:
    kept, merged = add(office, "Промінь"), add(office, "ТОВ Промінь")
    hanna = ContactDraft("Ганна Лис", phone="0501112233", email="hanna@i.ua")
    contact, same, other = (
        office.do("olena", add_contact, *one)
        for one in ((kept, hanna), (merged, hanna), (merged, ContactDraft("Ганна Лис")))
    )
    office.do("olena", add_contact, kept, ContactDraft("Ганна Лис"))
    merge(office, kept, merged)
    assert contacts_at(office, merged) == []
    with office.database.write() as session:  # where a merge of an earlier version has left them
        for one in (same, other):
            session.add(
                Contact(
                    id=one.id,
                    client_id=merged,
                    full_name=one.full_name,
                    phone=one.phone,
                    email=one.email,
                    created_at=one.created_at,
                )
            )
    office.do("olena", update_contact, contact.id, {"full_name": "Ганна Гай", "phone": "0671234567"})
    office.do("admin", erase_contact, contact.id, ErasureRequest("лист № 7"))
    assert contacts_at(office, merged) == [ERASED, "Ганна Лис"]
    assert contacts_at(office, kept) == [ERASED, "Ганна Лис"]
    with office.database.read() as session:
        assert session.get_one(Contact, other.id).full_name == "Ганна Лис"


def test_whoever_is_erased_takes_no_letters_of_a_client_with_whom_they_were_one(office: Office) -> None:
    """A deal that came back to its client lost all its letters with somebody who was that client for a day."""
    kept, merged = add(office, "Ірина Кравець", email="iryna@kravets.example"), add(office, "Лан")
    deal, hers = (office.open_deal(client=None, client_id=one) for one in (merged, kept))
    merge(office, kept, merged)
    undo(office, merged)
    for one in (deal, hers):
        write(office, one, subject="Насоси")
    write(office, deal, to=("iryna@kravets.example",), subject="Для Ірини")
    office.do("admin", erase_client, kept, ErasureRequest("лист № 7"))
    assert [(one.deal_id, one.subject) for one in letters_in(office)] == [(deal.id, "Насоси"), (deal.id, ERASED)]
