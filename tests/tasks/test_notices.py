from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from support.office import Office
from support.parallel_returns import LEGAL as LEGAL_BESIDE
from support.parallel_returns import parallel_returns
from support.post_office import PostOffice
from support.sales_map import sales_map
from support.versions import edited

from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.exchange_rates import choose_company_currency, set_exchange_rate
from engine.commands.jumps import move_token, undo_move
from engine.commands.mail_choices import set_mail_choices
from engine.commands.moved_deals import take_turn, undo_deal_of_move
from engine.commands.notifications import notify
from engine.commands.people import set_substitution
from engine.commands.version_moves import MoveRequest, start_version_move, turns
from engine.commands.work_items import claim_work_item, delegate_work_item
from engine.model.deal import Deal
from engine.model.mail_choice import MailChoice
from engine.model.notice import Notice, NoticeKind, NoticeState
from engine.model.person import Person
from engine.model.version_move import HolderPolicy
from tasks.jobs import sweep
from tasks.notices import tell_heads, tell_people

pytestmark = pytest.mark.usefixtures("services")

LEGAL = "“Погодити: Юридичний відділ”"
ENGLISH = ("olena", "iryna", "oksana", "petro", "bohdan", "taras", "admin")


@pytest.fixture(autouse=True)
def _everybody_reads_english(office: Office) -> None:
    with office.database.write() as session:
        for login in ENGLISH:
            session.get_one(Person, getattr(office.company, login).id).locale = "en"


def send() -> None:
    tell_people()
    sweep()


def choose(office: Office, login: str, **deliveries: str) -> None:
    with office.database.write() as session:
        person_id = getattr(office.company, login).id
        session.merge(MailChoice(person_id=person_id, deliveries=deliveries, digest_times=["16:00"], keeps_quiet=True))


def subjects(post_office: PostOffice, login: str) -> list[str]:
    return [letter["Subject"] for letter in letters(post_office, login)]


def letters(post_office: PostOffice, login: str) -> list[EmailMessage]:
    return [letter for letter in post_office.letters if letter["To"] == f"{login}@example.com"]


def tell(office: Office, kind: NoticeKind, login: str, deal: Deal, text: str = "") -> None:
    with office.database.write() as session:
        person = getattr(office.company, login)
        notify(session, kind, to=[person.id], at=office.clock.now(), deal=session.get_one(Deal, deal.id), text=text)


def test_everybody_who_is_asked_for_an_approval_is_written_to_once(office: Office, post_office: PostOffice) -> None:
    office.open_deal()
    office.prepare()
    send()
    send()
    assert sorted(post_office.receivers) == ["iryna@example.com", "oksana@example.com", "petro@example.com"]
    (subject,) = subjects(post_office, "iryna")
    assert subject == "Your approval is asked: “Погодити: Юридичний відділ” · Насоси для водоканалу"


def test_nobody_is_told_of_what_they_did_themselves(office: Office, post_office: PostOffice) -> None:
    office.open_deal()
    office.do("olena", delegate_work_item, office.step("prepare").id, office.company.taras.id, "Глянь")
    send()
    assert post_office.receivers == ["taras@example.com"]
    assert subjects(post_office, "taras") == ["“Підготувати пропозицію” is yours now · Насоси для водоканалу"]


def test_who_asked_is_told_of_the_decision_and_why_it_came_back(office: Office, post_office: PostOffice) -> None:
    office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.complete("petro", "logistics", "approved")
    send()
    (letter,) = letters(post_office, "olena")
    body = letter.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert letter["Subject"].startswith("4 messages: ")
    assert "Ірина Бондар decided about “Погодити: Юридичний відділ”: Approved." in text
    assert "Оксана Ткач returned it for rework: “Погодити: Фінансовий відділ”." in text
    assert "| Знижка завелика" in text


def test_what_came_in_quiet_hours_waits_for_the_morning_and_comes_in_one_letter(
    office: Office, post_office: PostOffice
) -> None:
    deals = [office.open_deal(title=f"Насоси {number}") for number in range(3)]
    office.clock.advance(timedelta(hours=10))  # 20:00
    for deal in deals:
        office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    send()
    assert post_office.letters == []
    office.clock.advance(timedelta(hours=13))  # 9:00
    send()
    (letter,) = letters(post_office, "iryna")
    assert letter["Subject"].startswith("3 messages: Your approval is asked")


def test_a_digest_waits_for_its_time_and_what_is_not_wanted_never_comes(
    office: Office, post_office: PostOffice
) -> None:
    choose(office, "iryna", approval_asked="digest")
    choose(office, "oksana", approval_asked="never")
    office.open_deal()
    office.prepare()
    send()
    assert post_office.receivers == ["petro@example.com"]
    office.clock.advance(timedelta(hours=6))  # 16:00
    send()
    assert sorted(post_office.receivers) == ["iryna@example.com", "petro@example.com"]


def test_who_acts_for_somebody_who_is_away_hears_of_their_steps_too(office: Office, post_office: PostOffice) -> None:
    today = office.clock.now().date()
    office.do("iryna", set_substitution, office.company.iryna.id, office.company.admin.id, today, today)
    office.open_deal()
    office.prepare()
    send()
    assert subjects(post_office, "admin") == subjects(post_office, "iryna") != []


def test_whose_request_a_return_took_back_reads_that_and_that_it_comes_again(
    office: Office, post_office: PostOffice
) -> None:
    choose(office, "iryna", step_withdrawn="at_once")
    office.publish(parallel_returns())
    office.open_deal()
    office.complete("olena", "prepare")
    office.do("iryna", claim_work_item, office.step("legal").id)
    send()
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    send()
    _, taken_back = letters(post_office, "iryna")
    assert f"“{LEGAL_BESIDE}” was taken back" in taken_back["Subject"]
    body = taken_back.get_body(("plain",))
    assert body is not None
    told = " ".join(body.get_content().split())
    assert "returned the deal for rework" in told
    assert "the step opens anew" in told


def test_who_changes_the_settings_while_away_has_nobody_told_twice(office: Office, post_office: PostOffice) -> None:
    today = office.clock.now().date()
    office.do("iryna", set_substitution, office.company.iryna.id, office.company.admin.id, today, today)
    choose(office, "iryna", approval_asked="digest")
    office.open_deal()
    office.prepare()
    send()
    changed = {"deliveries": {"approval_asked": "at_once"}, "places": {}, "times": "16:00", "keeps_quiet": True}
    office.do("iryna", set_mail_choices, **changed)
    send()
    assert (len(subjects(post_office, "iryna")), len(subjects(post_office, "admin"))) == (1, 1)


def test_what_somebody_else_has_done_meanwhile_is_left_out(office: Office, post_office: PostOffice) -> None:
    deal = office.open_deal()
    office.prepare()
    tell_people()
    office.complete("iryna", "legal", "approved")
    tell(office, NoticeKind.MENTIONED, "petro", deal, "Подивись")
    send()
    assert letters(post_office, "iryna") == []
    assert len(letters(post_office, "petro")) == 2


def withdrawn_and_given_back(office: Office, *, letters_between: bool) -> None:
    deal = office.open_deal()
    office.prepare()
    office.do("iryna", claim_work_item, office.step("legal").id)
    send()
    office.clock.advance(timedelta(minutes=1))
    office.do("admin", move_token, deal.id, "prepare", "Клієнт змінив умови")
    if letters_between:
        send()
    office.do("admin", undo_move, deal.id)
    send()


def test_a_step_that_was_given_back_at_once_is_not_told_to_be_needless(office: Office, post_office: PostOffice) -> None:
    choose(office, "iryna", step_withdrawn="at_once")
    withdrawn_and_given_back(office, letters_between=False)
    assert len(subjects(post_office, "iryna")) == 1


def test_who_read_that_a_step_is_needless_reads_when_it_waits_again(office: Office, post_office: PostOffice) -> None:
    choose(office, "iryna", step_withdrawn="at_once")
    withdrawn_and_given_back(office, letters_between=True)
    asked, needless, again = subjects(post_office, "iryna")
    assert "is not needed any more" in needless
    assert again == asked
    assert len(subjects(post_office, "oksana")) == 1  # who heard of nothing in between


def test_a_step_that_was_left_out_of_a_letter_is_told_when_it_waits_again(
    office: Office, post_office: PostOffice
) -> None:
    deal = office.open_deal()
    office.prepare()
    tell_people()
    office.do("olena", cancel_deal, deal.id, "Клієнт передумав")
    send()
    assert letters(post_office, "iryna") == []
    office.do("olena", reopen_deal, deal.id, "Повернувся")
    send()
    send()
    assert len(subjects(post_office, "iryna")) == 1


@pytest.mark.parametrize("letters_between", [True, False])
def test_whose_step_goes_to_another_by_a_move_reads_so_and_reads_when_it_comes_back(
    letters_between: bool, office: Office, post_office: PostOffice
) -> None:
    office.publish()
    deal = office.open_deal()
    office.prepare()
    office.do("iryna", claim_work_item, office.step("legal").id)
    send()
    post_office.letters.clear()
    office.clock.advance(timedelta(minutes=1))
    legal = sales_map().steps["legal"].model_copy(update={"responsible": ("oksana",)})
    request = MoveRequest(holders=HolderPolicy.REASSIGN)
    move = office.do("owner", start_version_move, office.publish(edited(sales_map(), {"legal": legal})).id, request)
    with office.database.read() as session:
        (turn,) = turns(session, move.id, limit=2)
    take_turn(office.database, turn, clock=office.clock)
    if letters_between:
        send()
        assert subjects(post_office, "iryna") == [f"{LEGAL} is with Оксана Ткач now · Насоси для водоканалу"]
        assert subjects(post_office, "oksana") == [f"{LEGAL} is yours now · Насоси для водоканалу"]
    office.clock.advance(timedelta(minutes=1))
    office.do("owner", undo_deal_of_move, move.id, deal.id)
    send()
    expected = [f"{LEGAL} is yours now · Насоси для водоканалу"] if letters_between else []
    assert subjects(post_office, "iryna")[1:] == expected
    assert len(subjects(post_office, "oksana")) == (2 if letters_between else 0)


def test_nobody_reads_of_a_deal_that_is_not_open_to_them(office: Office, post_office: PostOffice) -> None:
    deal = office.open_deal()
    tell(office, NoticeKind.MENTIONED, "danylo", deal, "Таємниця")
    send()
    assert post_office.letters == []


def test_four_workers_write_one_letter_about_each_thing(office: Office, post_office: PostOffice) -> None:
    for number in range(4):
        deal = office.open_deal(title=f"Насоси {number}")
        office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    workers = [threading.Thread(target=tell_people) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sweep()
    with office.database.read() as session:
        told = session.scalars(select(Notice).where(Notice.kind == NoticeKind.APPROVAL_ASKED)).all()
    assert {(one.state, one.person_id is not None) for one in told} == {(NoticeState.TOLD, True)}
    assert len(told) == len({(one.person_id, one.work_item_id) for one in told}) == 12


def test_letters_about_one_deal_stand_together_and_say_where_they_are_turned_off(
    office: Office, post_office: PostOffice
) -> None:
    deal = office.open_deal()
    for text in ("Раз", "Два"):
        tell(office, NoticeKind.MENTIONED, "olena", deal, text)
        send()
    first, second = letters(post_office, "olena")
    assert first["References"] == second["References"] == f"<deal-{deal.id}-{office.company.olena.id}@example.com>"
    assert first["Message-ID"] != second["Message-ID"]
    assert first["List-Unsubscribe"] == "<https://sales.example.com/settings/mail>"


def test_what_people_typed_reaches_html_as_text_only(office: Office, post_office: PostOffice) -> None:
    deal = office.open_deal(title="<script>alert(1)</script>")
    tell(office, NoticeKind.MENTIONED, "olena", deal, "<img src=x onerror=alert(1)>")
    send()
    (letter,) = letters(post_office, "olena")
    html = letter.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
    assert "<img" not in html.get_content()
    assert "&lt;img" in html.get_content()


def test_heads_get_the_days_control_once_in_their_working_hours(office: Office, post_office: PostOffice) -> None:
    """Bohdan heads all; Iryna's lawyers have nothing to do, so that nothing is written to her."""
    office.open_deal()
    office.wait(days=2, hours=1)
    send()
    post_office.letters.clear()
    for _ in range(2):
        tell_heads()
        send()
    assert post_office.receivers == ["bohdan@example.com"]
    (letter,) = letters(post_office, "bohdan")
    assert letter["Subject"] == "Daily control"
    body = letter.get_body(("plain",))
    assert body is not None
    for said in ("Overdue steps: 1", "Whose steps are late: Олена Коваль (1)", "https://sales.example.com/control"):
        assert said in body.get_content()
    assert "Due today" not in body.get_content()
    office.clock.advance(timedelta(hours=10))
    tell_heads()
    send()
    assert len(post_office.letters) == 1, "nobody is written to at night"
    office.clock.advance(timedelta(hours=14))
    tell_heads()
    send()
    assert subjects(post_office, "bohdan").count("Daily control") == 2


def test_the_control_adds_sums_at_risk_up_in_the_company_s_currency(office: Office, post_office: PostOffice) -> None:
    office.do("admin", choose_company_currency, "UAH")
    office.do("admin", set_exchange_rate, "USD", office.clock.now().date(), Decimal("40.5"))
    for currency in ("USD", "UAH"):
        office.open_deal(currency=currency, amount=Decimal(100))
    office.wait(days=2, hours=1)
    tell_heads()
    send()
    (letter,) = letters(post_office, "bohdan")  # of two steps that are late, and of the control
    body = letter.get_body(("plain",))
    assert body is not None
    assert "Sums at risk: 100 UAH + 100 $ ≈ 4,150 UAH" in body.get_content().replace("\xa0", " ")


def test_who_wants_no_control_by_letter_gets_none(office: Office, post_office: PostOffice) -> None:
    choose(office, "bohdan", daily_control="never")
    office.open_deal()
    office.wait(days=2, hours=1)
    tell_heads()
    send()
    assert "Daily control" not in subjects(post_office, "bohdan")
