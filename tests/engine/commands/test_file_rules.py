"""Who adds and removes files, how much they may have, and fields of forms that ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from support.drawn_maps import compiled, flow
from support.files import add, asking_for_files, bring, drawing, pdf, png
from support.office import Office

from engine.commands.deal_files import FileNotYours, Place, add_files, hide_file, show_file
from engine.commands.deals import comment_on_deal, ensure_message_may_say
from engine.commands.file_fields import FileKindNotWanted, FileNotThere, OneFileOnly
from engine.commands.locks import lock_deal
from engine.commands.work_items import comment_on_work_item
from engine.db.session import Database
from engine.errors import AlreadyCompleted, FieldRequired, InvalidInput, NotFound
from engine.model.deal import Deal
from engine.model.deal_file import DealFile, StoredFile, StoredPiece
from engine.model.draft import Draft
from engine.policy.file_limits import MEGABYTE, DealHoldsTooMuch, FileLimits, FileTooLarge, StorageFull
from engine.policy.permissions import Actor
from engine.queries.deal_files import files_of_deal, reference
from engine.queries.work_items import work_item_view

CONTRACT = "Договір.pdf"
ONE, OTHER = pdf("one"), pdf("other")


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    """The company at work with its sales map published."""
    database = Database(sqlite_database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


@pytest.fixture
def deal(office: Office) -> Deal:
    return office.open_deal("olena")


def rows_of(office: Office, deal: Deal, login: str = "olena") -> list[tuple[str, int]]:
    with office.database.read() as session:
        return [(row.name, row.version) for row in files_of_deal(session, office.actor(login), deal.id)]


def count(office: Office, table: type) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_file_sent_twice_is_one_version_and_the_same_content_is_kept_once(office: Office, deal: Deal) -> None:
    place = Place(deal.id)
    first = add(office, "olena", place, CONTRACT, ONE)
    assert add(office, "olena", place, CONTRACT, ONE) == first
    assert add(office, "olena", place, "Копія.pdf", ONE) != first
    assert rows_of(office, deal) == [("Копія.pdf", 1), (CONTRACT, 1)]
    assert count(office, StoredFile) == 1


def test_limits_are_of_a_file_of_a_deal_and_of_everything(office: Office, deal: Deal) -> None:
    large = b"%PDF-1.7\n" + bytes(MEGABYTE)
    tight = FileLimits(of_file=MEGABYTE, of_deal=2 * MEGABYTE, of_all=3 * MEGABYTE)
    with pytest.raises(FileTooLarge):
        bring(office, CONTRACT, large, tight)
    assert count(office, StoredPiece) == 0
    roomy = FileLimits(of_file=2 * MEGABYTE, of_deal=2 * MEGABYTE, of_all=2 * MEGABYTE + 100)
    office.do("olena", add_files, Place(deal.id), [bring(office, CONTRACT, large, roomy)], limits=roomy)
    with pytest.raises(DealHoldsTooMuch) as refused:
        office.do("olena", add_files, Place(deal.id), [bring(office, CONTRACT, large + b"2", roomy)], limits=roomy)
    assert "2 of 2 MB" in str(refused.value)
    with pytest.raises(StorageFull):
        bring(office, CONTRACT, large + b"3", roomy)


def test_only_who_added_a_file_the_owner_and_heads_remove_it(office: Office, deal: Deal) -> None:
    office.prepare("olena")
    file_id = add(office, "olena", Place(deal.id), CONTRACT, ONE)
    own = add(office, "iryna", Place(work_item_id=office.step("legal", deal).id), "Висновок.pdf", OTHER)
    with pytest.raises(FileNotYours):
        office.do("iryna", hide_file, file_id)
    office.do("iryna", hide_file, own)
    office.do("olena", show_file, own)
    with pytest.raises(NotFound):
        office.do("danylo", hide_file, file_id)


def test_files_of_a_comment_are_named_in_it(office: Office, deal: Deal) -> None:
    step = office.step("prepare", deal)
    files = [bring(office, CONTRACT, ONE), bring(office, "Схема.png", png())]
    office.do("olena", comment_on_work_item, step.id, "", files=files, limits=FileLimits())
    office.do("olena", comment_on_deal, deal.id, "Ще раз", files=files[:1], limits=FileLimits())
    comments = [event.data for event in office.history(deal) if event.kind == "commented"]
    assert [[(one["name"], one["version"]) for one in said["files"]] for said in comments] == [
        [(CONTRACT, 1), ("Схема.png", 1)],
        [(CONTRACT, 2)],
    ]
    with pytest.raises(InvalidInput):
        office.do("olena", comment_on_deal, deal.id, " ")


FIELDS = (
    'name="contract" label="Договір" type="file" required="true" accept="pdf"',
    'name="more" label="Додатки" type="files"',
)


@pytest.fixture
def asked(office: Office) -> Deal:
    """A deal on a map whose first step asks for files."""
    office.publish(asking_for_files(*FIELDS))
    return office.open_deal("olena")


def test_a_form_takes_files_of_this_deal_and_keeps_which_content_they_had(office: Office, asked: Deal) -> None:
    step = office.step("prepare", asked)
    contract = add(office, "olena", Place(work_item_id=step.id, field="contract"), CONTRACT, ONE)
    scheme = add(office, "olena", Place(work_item_id=step.id, field="more"), "Схема.png", png())
    table = add(office, "olena", Place(work_item_id=step.id, field="more"), "Дані.csv", b"a;b\n")
    with office.database.read() as session:
        view = work_item_view(session, office.actor("olena"), step.id, office.clock.now())
        typed = session.get_one(Draft, (step.id, office.company.olena.id)).typed
    assert view.typed == typed == {"contract": [str(contract)], "more": [str(scheme), str(table)]}
    add(office, "olena", Place(asked.id), CONTRACT, OTHER)
    office.complete("olena", "prepare", values={"contract": str(contract), "more": [scheme, {"id": table}]})
    (kept,) = office.deal(asked).fields["contract"]
    assert (kept["name"], kept["version"], kept["size"]) == (CONTRACT, 1, len(ONE))
    with office.database.read() as session:
        assert kept["sha256"] == session.get_one(DealFile, contract).sha256
    done = next(event.data for event in office.history(asked) if event.kind == "step_completed")
    assert [one["name"] for one in done["values"]["more"]] == ["Схема.png", "Дані.csv"]
    assert office.step("approve", asked).name == "Погодити договір"


def test_a_form_refuses_what_is_no_file_of_the_deal(office: Office, asked: Deal) -> None:
    other = office.open_deal("olena")
    elsewhere = add(office, "olena", Place(other.id), CONTRACT, ONE)
    step = office.step("prepare", asked)
    place = Place(work_item_id=step.id, field="contract")
    contract = add(office, "olena", place, CONTRACT, ONE)
    picture = add(office, "olena", Place(work_item_id=step.id), "Схема.png", png())
    second = add(office, "olena", Place(work_item_id=step.id), "Другий.pdf", OTHER)
    with pytest.raises(FileKindNotWanted):
        add(office, "olena", place, "Схема.png", png())
    with pytest.raises(NotFound):
        add(office, "olena", Place(work_item_id=step.id, field="no"), CONTRACT, ONE)
    assert fault_at(office, step.id, {}) is FieldRequired
    office.do("olena", hide_file, contract)
    for wrong, kind in ((elsewhere, FileNotThere), (contract, FileNotThere), (picture, FileKindNotWanted)):
        assert fault_at(office, step.id, {"contract": wrong}) is kind
    assert fault_at(office, step.id, {"contract": [second, second]}) is None
    with pytest.raises(AlreadyCompleted):
        add(office, "olena", place, CONTRACT, OTHER)


def fault_at(office: Office, work_item_id: int, values: dict[str, Any]) -> type | None:
    """What is wrong with the field of the contract; None where the step is done."""
    try:
        office.complete("olena", "prepare", values=values, work_item_id=work_item_id)
    except InvalidInput as refused:
        return type(refused.errors["contract"])
    return None


def test_a_field_for_one_file_takes_one(office: Office, asked: Deal) -> None:
    step = office.step("prepare", asked)
    place = Place(work_item_id=step.id, field="contract")
    first = add(office, "olena", place, CONTRACT, ONE)
    second = add(office, "olena", place, "Другий.pdf", OTHER)
    with office.database.read() as session:
        assert session.get_one(Draft, (step.id, office.company.olena.id)).typed == {"contract": [str(second)]}
    assert fault_at(office, step.id, {"contract": [first, second]}) is OneFileOnly


def test_a_map_decides_by_how_many_files_were_given(office: Office) -> None:
    drawn = drawing('name="more" label="Додатки" type="files"')
    decided = (
        '<exclusiveGateway id="any" default="any_end"/>',
        flow("prepare", "any"),
        flow("any", "approve", condition='= count(more) > 1 and more[1] = "Дані.csv"'),
        flow("any", "end", flow_id="any_end"),
    )
    parts = [one.replace(flow("prepare", "approve"), "") for one in drawn]
    office.publish(compiled(*parts, *decided))
    for names, following in ((["Дані.csv"], []), (["Дані.csv", "Ще.csv"], ["approve"])):
        deal = office.open_deal("olena")
        step = office.step("prepare", deal).id
        place = Place(work_item_id=step, field="more")
        ids = [add(office, "olena", place, name, f"a;{name}\n".encode()) for name in names]
        office.complete("olena", "prepare", values={"more": ids}, work_item_id=step)
        assert [one.element_id for one in office.open_steps(deal)] == following


def test_what_comes_by_messages_names_only_files_of_its_own_deal(office: Office, asked: Deal) -> None:
    """Else a deal would show, and approvals would name, the file of a deal that its reader must not see."""
    other = office.open_deal("taras")
    ids = [add(office, who, Place(deal.id), CONTRACT, ONE) for who, deal in (("olena", asked), ("taras", other))]
    with office.database.read() as session:
        own, foreign = (reference(session.get_one(DealFile, one)) for one in ids)

    def tell(value: Any) -> None:
        with office.database.write() as session:
            ensure_message_may_say(session, lock_deal(session, asked.id, Actor.system())[1], {"contract": value})

    tell([own])
    tell(None)
    for value in (
        [foreign],
        [{**own, "sha256": foreign["sha256"][::-1]}],
        [{"id": "abc"}],
        [{"id": own["id"]}],
        "x",
        7,
    ):
        with pytest.raises(InvalidInput) as refused:
            tell(value)
        assert isinstance(refused.value.errors["contract"], FileNotThere)
