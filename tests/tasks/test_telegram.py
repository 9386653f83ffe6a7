"""Notices in Telegram, against a server that behaves as its Bot API."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from support.bot_api import LOST, TOKEN, BotApiServer, blocked, written
from support.office import Office
from support.post_office import PostOffice

from engine.adapters.telegram import ChatMessage, Telegram, TelegramBusy
from engine.commands.mailing import send_letter_again
from engine.commands.notifications import notify
from engine.commands.people import update_person
from engine.commands.telegram_links import CODES_LAST, make_telegram_code, unlink_telegram
from engine.db.job import Job, JobState
from engine.db.outbox import LEASE
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.letter import Channel, Letter, LetterState
from engine.model.mail_choice import MailChoice
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.model.telegram import TelegramBot, TelegramChat, TelegramCode, TelegramEnd
from tasks import telegram
from tasks.congestion import SlowHosts
from tasks.jobs import run_job, sweep
from tasks.notices import tell_heads, tell_people
from tasks.services import Services, use
from tasks.telegram import read_telegram, telegram_rest

IRYNA = 501
BOHDAN = 502
STRANGER = 900
LIVE = re.compile(r"\w[.]\w|[@/#$]\w|:/")
"""What Telegram may make a link, a mention or a command of."""


on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Where rows are locked, or a constraint decides."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test alone: on SQLite, unless the test says otherwise."""
    return str(request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database_url"))


@pytest.fixture(autouse=True)
def _has_a_bot(services: Services, bot_api: BotApiServer, office: Office) -> Iterator[None]:
    use(replace(services, telegram=bot_api.bot()))
    with office.database.write() as session:
        session.execute(update(Person).values(locale="en"))
    yield
    telegram_rest.forget()


def code_of(office: Office, login: str) -> str:
    return str(office.do(login, make_telegram_code))


def write(bot_api: BotApiServer, chat_id: int, text: str, **about: str) -> None:
    """Somebody writes to the bot, which reads it and answers."""
    number = 10 + len(bot_api.offsets)
    bot_api.updates.append(written(number, chat_id, text, **about))
    read_telegram()
    sweep()


def link(office: Office, bot_api: BotApiServer, login: str, chat_id: int) -> None:
    write(bot_api, chat_id, f"/start {code_of(office, login)}")
    bot_api.messages.clear()


def choose(office: Office, login: str, place: str) -> None:
    with office.database.write() as session:
        places = dict.fromkeys(("approval_asked", "daily_control", "step_late"), place)
        person_id = getattr(office.company, login).id
        session.merge(MailChoice(person_id=person_id, places=places, digest_times=["9:00"], keeps_quiet=True))


def send() -> None:
    tell_people()
    sweep()


def ask_for_approval(office: Office) -> None:
    office.open_deal()
    office.prepare()
    send()


def again(office: Office) -> None:
    """Let time pass until whatever failed is tried again."""
    office.clock.advance(timedelta(seconds=30))
    telegram_rest.forget()
    sweep()


def chat_of(office: Office, login: str) -> TelegramChat | None:
    with office.database.read() as session:
        return session.get(TelegramChat, getattr(office.company, login).id)


def letters(office: Office, login: str, channel: Channel = Channel.TELEGRAM) -> list[Letter]:
    person_id = getattr(office.company, login).id
    with office.database.read() as session:
        found = select(Letter).where(Letter.person_id == person_id, Letter.channel == channel).order_by(Letter.id)
        return list(session.scalars(found))


@on_both
def test_a_code_links_a_chat_once_and_the_bot_greets_its_person(office: Office, bot_api: BotApiServer) -> None:
    code = code_of(office, "iryna")
    write(bot_api, IRYNA, f"/start {code}")
    (greeting,) = bot_api.texts(IRYNA)
    assert greeting.startswith("Hello, Ірина Бондар! What Reglament has to tell you comes here from now on.")
    chat = chat_of(office, "iryna")
    assert chat is not None
    assert (chat.chat_id, chat.name) == (IRYNA, "@user501")
    write(bot_api, STRANGER, f"/start {code}", language="en")
    assert bot_api.texts(STRANGER)[0].startswith("This code is not valid")
    with office.database.read() as session:
        assert session.scalars(select(TelegramCode)).all() == []
        assert session.get_one(TelegramBot, 123456789).username == "reglament_bot"


def test_a_code_is_kept_as_a_hash_lasts_shortly_and_may_be_typed_as_it_is_shown(
    office: Office, bot_api: BotApiServer
) -> None:
    first, code = code_of(office, "iryna"), code_of(office, "iryna")
    with office.database.read() as session:
        (row,) = session.scalars(select(TelegramCode))
        assert code not in row.code_hash
    write(bot_api, IRYNA, first)
    assert chat_of(office, "iryna") is None
    office.clock.advance(CODES_LAST)
    write(bot_api, IRYNA, code)
    assert chat_of(office, "iryna") is None
    code = code_of(office, "iryna")
    write(bot_api, IRYNA, f"{code[:4]}-{code[4:8]} {code[8:]}".lower())
    assert chat_of(office, "iryna") is not None


@on_both
def test_an_update_that_comes_twice_is_handled_once(office: Office, bot_api: BotApiServer) -> None:
    bot_api.updates.append(written(7, IRYNA, f"/start {code_of(office, 'iryna')}"))
    read_telegram()
    bot_api.updates += [written(7, IRYNA, "/stop"), written(8, IRYNA, "hello")]
    read_telegram()
    read_telegram()
    assert bot_api.offsets == [None, 8, 9]
    assert chat_of(office, "iryna") is not None
    office.clock.advance(timedelta(days=7))
    bot_api.updates.append(written(3, IRYNA, "/stop"))  # after a week the API may begin anew with its numbers
    read_telegram()
    chat = chat_of(office, "iryna")
    assert chat is not None
    assert chat.ended is TelegramEnd.STOPPED


@on_both
def test_one_worker_reads_at_a_time(office: Office, bot_api: BotApiServer) -> None:
    with office.database.write() as session:
        session.add(TelegramBot(id=123456789, lease_until=office.clock.now() + timedelta(seconds=60)))
    read_telegram()
    assert bot_api.offsets == []
    office.clock.advance(timedelta(seconds=61))
    read_telegram()
    assert bot_api.offsets == [None]


def test_a_group_a_stranger_and_nonsense_change_nothing_and_get_one_answer(
    office: Office, bot_api: BotApiServer
) -> None:
    group = written(1, -100, f"/start {code_of(office, 'iryna')}", kind="group")
    messages: tuple[dict[str, Any], ...] = ({}, {"message": {"chat": "?", "text": 5}}, {"message": []})
    odd = [{"update_id": number, **one} for number, one in enumerate(messages, start=2)]
    bot_api.updates += [group, *odd, *(written(number, STRANGER, "привіт") for number in range(5, 15))]
    read_telegram()
    sweep()
    assert chat_of(office, "iryna") is None
    (answer,) = bot_api.messages
    assert (answer["chat_id"], answer["text"][:12]) == (STRANGER, "Я приношу лю")


def test_what_is_told_by_letter_comes_to_the_chat_too_short_and_with_a_button(
    office: Office, bot_api: BotApiServer, post_office: PostOffice
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    ask_for_approval(office)
    send()
    (message,) = bot_api.messages
    assert message["link_preview_options"] == {"is_disabled": True}
    lines = bot_api.texts(IRYNA)[0].splitlines()
    assert lines[0] == "<b>Олена Коваль asks for your approval: “Погодити: Юридичний відділ”.</b>"
    assert [line.partition(":")[0] for line in lines[1:]] == ["Deal", "Client", "Deadline"]
    ((button,),) = message["reply_markup"]["inline_keyboard"]
    assert button == {
        "text": "Look at it and decide",
        "url": f"https://sales.example.com/work-items/{office.step('legal').id}",
    }
    assert sorted(post_office.receivers) == ["iryna@example.com", "oksana@example.com", "petro@example.com"]


def test_of_a_client_s_letter_the_chat_hears_only_that_it_came(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "bohdan", BOHDAN)
    deal = office.open_deal()
    with office.database.write() as session:
        told, at = [office.company.bohdan.id], office.clock.now()
        notify(session, NoticeKind.CLIENT_WROTE, to=told, at=at, deal=session.get(Deal, deal.id), text="Мій рахунок")
    send()
    (text,) = bot_api.texts(BOHDAN)
    assert "A letter of the client came into the deal" in text
    assert "рахунок" not in text


def test_a_button_that_telegram_refuses_becomes_an_address_in_the_message(
    office: Office, bot_api: BotApiServer
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    bot_api.faults.append((400, "Bad Request: BUTTON_URL_INVALID", {}))
    ask_for_approval(office)
    (message,) = bot_api.messages
    assert "reply_markup" not in message
    address = f"https://sales.example.com/work-items/{office.step('legal').id}"
    assert message["text"].endswith(f"\nLook at it and decide: {address}")


def test_what_telegram_will_never_take_waits_for_an_administrator_who_has_it_tried_again(
    office: Office, bot_api: BotApiServer
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    bot_api.faults += [(400, "Bad Request: message is too odd", {})] * 2
    ask_for_approval(office)
    (letter,) = letters(office, "iryna")
    assert letter.state is LetterState.REFUSED
    assert letter.last_error.endswith("Bad Request: message is too odd")
    office.do("admin", send_letter_again, letter.id)
    sweep()
    assert len(bot_api.messages) == 1
    assert letters(office, "iryna")[0].state is LetterState.SENT


def test_what_telegram_gave_up_goes_by_letter_with_the_reason_to_who_chose_telegram_alone(
    office: Office, bot_api: BotApiServer, post_office: PostOffice
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    choose(office, "iryna", "telegram")
    bot_api.faults += [(400, "Bad Request: message is too odd", {})] * 2
    ask_for_approval(office)
    sweep()
    (letter,) = [one for one in post_office.letters if "iryna@example.com" in one["To"]]
    body = letter.get_body(("plain",))
    assert body is not None
    assert "asks for your approval" in body.get_content()
    assert re.search(r"Why by letter: Telegram did not take it: .*message is too odd", body.get_content())
    (refused,) = letters(office, "iryna")
    bot_api.faults += [(400, "Bad Request: message is too odd", {})] * 2
    office.do("admin", send_letter_again, refused.id)
    sweep()
    sweep()
    assert post_office.receivers.count("iryna@example.com") == 1


def test_a_sign_in_from_a_new_browser_is_told_with_the_way_to_end_it(
    office: Office, bot_api: BotApiServer, post_office: PostOffice
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    with office.database.write() as session:
        to, text = [office.company.iryna.id], "Firefox, Windows · 203.0.113.7"
        notify(session, NoticeKind.NEW_BROWSER, to=to, at=office.clock.now(), text=text)
    send()
    (message,) = bot_api.texts(IRYNA)
    (body,) = [one.get_body(("plain",)) for one in post_office.letters]
    assert body is not None
    assert "| Firefox, Windows · 203.0.113.7" in body.get_content()
    assert "Look at my sign-ins: https://sales.example.com/settings#sign-ins" in body.get_content()
    assert "Firefox, Windows" in message


def test_a_bot_that_was_renamed_is_called_by_its_new_name_within_the_hour(
    office: Office, bot_api: BotApiServer
) -> None:
    def name() -> str:
        read_telegram()
        with office.database.read() as session:
            return session.scalars(select(TelegramBot.username)).one()

    assert name() == "reglament_bot"
    bot_api.username = "sales_bot"
    assert name() == "reglament_bot", "it is not asked with every look"
    office.clock.advance(timedelta(hours=1))
    assert name() == "sales_bot"


@pytest.mark.parametrize(("place", "told"), [("telegram", (0, 1)), ("mail", (1, 0)), ("both", (1, 1))])
def test_each_chooses_where_they_are_told(
    office: Office, bot_api: BotApiServer, post_office: PostOffice, place: str, told: tuple[int, int]
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    choose(office, "iryna", place)
    ask_for_approval(office)
    assert (post_office.receivers.count("iryna@example.com"), len(bot_api.texts(IRYNA))) == told


def test_who_has_no_address_is_told_in_the_chat_and_who_has_no_chat_by_letter(
    office: Office, bot_api: BotApiServer, post_office: PostOffice
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    choose(office, "iryna", "mail")
    choose(office, "oksana", "telegram")
    with office.database.write() as session:
        session.get_one(Person, office.company.iryna.id).email = ""
    ask_for_approval(office)
    assert len(bot_api.texts(IRYNA)) == 1
    assert "oksana@example.com" in post_office.receivers


@on_both
def test_what_came_in_quiet_hours_comes_in_one_message_in_the_morning(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "iryna", IRYNA)
    choose(office, "iryna", "telegram")
    deals = [office.open_deal(title=f"Насоси {number}") for number in range(3)]
    office.clock.advance(timedelta(hours=10))  # 20:00
    for deal in deals:
        office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    send()
    assert bot_api.messages == []
    office.clock.advance(timedelta(hours=13))  # 9:00
    send()
    (text,) = bot_api.texts(IRYNA)
    assert text.startswith("<b>3 messages</b>")
    assert text.count('<a href="https://sales.example.com/work-items/') == 3


def test_a_message_is_never_longer_than_telegram_takes(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "iryna", IRYNA)
    deal = office.open_deal()
    office.prepare()
    with office.database.write() as session:
        for number in range(40):
            to, text = [office.company.iryna.id], f"{number} {'&' * 1000}"
            notify(
                session, NoticeKind.MENTIONED, to=to, at=office.clock.now(), deal=session.get(Deal, deal.id), text=text
            )
    send()
    (text,) = bot_api.texts(IRYNA)
    assert text.startswith("<b>41 messages</b>")
    assert "asks for your approval" in text
    assert re.search(r"And \d+ more: they stand in your inbox\.$", text)
    assert len(html.unescape(text)) <= 4096


def test_a_head_gets_the_daily_control(office: Office, bot_api: BotApiServer, post_office: PostOffice) -> None:
    link(office, bot_api, "bohdan", BOHDAN)
    choose(office, "bohdan", "telegram")
    office.open_deal()
    office.clock.advance(timedelta(days=7))
    tell_heads()
    send()
    (text,) = [one for one in bot_api.texts(BOHDAN) if "Overdue steps: 1" in one]
    assert "Whose steps are late: Олена Коваль (1)" in text
    assert not [one for one in post_office.letters if "Daily control" in one["Subject"]]


def test_a_hostile_title_is_text_and_nothing_in_it_can_be_pressed(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "iryna", IRYNA)
    title = '</b><a href="https://evil.example">тут</a> evil.example/x @evil /stop mailto:a@evil.example tg://x \u202ex'
    office.open_deal(title=title)
    office.prepare()
    send()
    (message,) = bot_api.messages
    marks = re.findall(r"<[^>]*>", message["text"])
    assert marks == ["<b>", "</b>"]
    (line,) = [one for one in message["text"].splitlines() if "evil" in one]
    assert "&lt;a href=" in line
    assert LIVE.findall(line.replace("&lt;/b", "")) == []
    assert "\u202e" not in line


@on_both
def test_two_workers_send_one_message(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "iryna", IRYNA)
    ask_for_approval(office)
    with office.database.write() as session:
        session.execute(update(Job).where(Job.kind == "telegram_letter").values(state=JobState.QUEUED))
    sweep()
    assert len(bot_api.messages) == 1


def test_a_wait_that_telegram_asks_for_is_kept_and_counts_as_no_attempt(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "iryna", IRYNA)
    bot_api.faults.append((429, "Too Many Requests: retry after 120", {"retry_after": 120}))
    ask_for_approval(office)
    again(office)
    assert bot_api.messages == []
    office.clock.advance(timedelta(seconds=90))
    again(office)
    (text,) = bot_api.texts(IRYNA)
    assert "You may have this message already" not in text
    with office.database.read() as session:
        (job,) = session.scalars(select(Job).where(Job.kind == "telegram_letter"))
        assert (job.attempts, job.state) == (1, JobState.DONE)


@pytest.mark.parametrize("fault", [(500, "Internal Server Error", {}), (401, "Unauthorized", {})])
def test_a_failure_is_tried_again_and_told_to_administrators(
    office: Office, bot_api: BotApiServer, fault: tuple[int, str, dict[str, object]]
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    bot_api.faults.append(fault)
    ask_for_approval(office)
    (letter,) = letters(office, "iryna")
    assert letter.state is LetterState.WAITING
    assert letter.last_error.startswith("Telegram")
    again(office)
    (text,) = bot_api.texts(IRYNA)
    assert "You may have this message already" not in text
    assert letters(office, "iryna")[0].state is LetterState.SENT


@pytest.mark.parametrize("status", [LOST, 502])
def test_a_message_that_may_have_arrived_says_so_when_it_comes_again(
    office: Office, bot_api: BotApiServer, status: int
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    bot_api.faults.append((status, "", {}))
    ask_for_approval(office)
    again(office)
    assert bot_api.texts(IRYNA)[-1].endswith("Telegram did not answer when it was sent first.")
    assert letters(office, "iryna")[0].state is LetterState.SENT


@on_both
def test_a_try_that_froze_and_failed_takes_nothing_back_of_the_one_that_was_begun_anew_meanwhile(
    office: Office, services: Services, bot_api: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    bot, frozen = bot_api.bot(), list[ChatMessage]()

    class Freezing:
        """Its worker stands still until the lease is over, and is then told to come later."""

        def send(self, message: ChatMessage) -> None:
            if frozen:
                bot.send(message)
                return
            frozen.append(message)
            office.clock.advance(LEASE + timedelta(seconds=1))
            bot_api.faults.append((LOST, "", {}))
            with monkeypatch.context() as other_process:
                other_process.setattr(telegram, "telegram_rest", SlowHosts())
                sweep()
            raise TelegramBusy(seconds=1)

    use(replace(services, telegram=cast("Telegram", Freezing())))
    ask_for_approval(office)
    again(office)
    assert len(frozen) == 1
    assert bot_api.texts(IRYNA)[-1].endswith("Telegram did not answer when it was sent first.")
    assert letters(office, "iryna")[0].state is LetterState.SENT


@on_both
def test_who_blocked_the_bot_is_unlinked_and_told_by_letter_what_the_message_said(
    office: Office, bot_api: BotApiServer, post_office: PostOffice
) -> None:
    for login, chat_id, place in (("iryna", IRYNA, "telegram"), ("oksana", BOHDAN, "both")):
        link(office, bot_api, login, chat_id)
        choose(office, login, place)
    bot_api.blocked |= {IRYNA, BOHDAN}
    ask_for_approval(office)
    send()
    chat = chat_of(office, "iryna")
    assert chat is not None
    assert (chat.chat_id, chat.ended) == (None, TelegramEnd.BLOCKED)
    assert sorted(post_office.receivers) == ["iryna@example.com", "oksana@example.com", "petro@example.com"]
    assert [letter.state for letter in letters(office, "iryna")] == [LetterState.EMPTY]


def test_what_waits_for_a_chat_that_is_unlinked_goes_by_letter(
    office: Office, bot_api: BotApiServer, post_office: PostOffice
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    choose(office, "iryna", "telegram")
    bot_api.faults.append((500, "Internal Server Error", {}))
    ask_for_approval(office)
    office.do("iryna", unlink_telegram)
    again(office)
    send()
    assert bot_api.messages == []
    assert "iryna@example.com" in post_office.receivers


@on_both
@pytest.mark.parametrize("change", ["unlink", "leave"])
def test_who_unlinks_or_leaves_while_a_message_is_read_does_not_get_it(
    office: Office, bot_api: BotApiServer, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    choose(office, "iryna", "telegram")
    office.open_deal()
    office.prepare()
    tell_people()
    (letter,) = letters(office, "iryna")
    write_, passed = Database.write, list[str]()

    @contextmanager
    def later(database: Database) -> Iterator[Session]:
        if not passed:
            passed.append(change)
            if change == "unlink":
                office.do("iryna", unlink_telegram)
            else:
                office.do("admin", update_person, office.company.iryna.id, {"is_active": False})
        with write_(database) as session:
            yield session

    monkeypatch.setattr(Database, "write", later)
    run_job(letter.job_id)
    assert passed == [change]
    again(office)
    send()
    assert bot_api.messages == []
    assert ("iryna@example.com" in post_office.receivers) is (change == "unlink")


def test_stop_and_blocking_unlink_from_the_chat(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "iryna", IRYNA)
    write(bot_api, IRYNA, "/stop")
    assert bot_api.texts(IRYNA)[0].startswith("Nothing comes here any more.")
    link(office, bot_api, "iryna", IRYNA)
    bot_api.updates.append(blocked(99, IRYNA))
    read_telegram()
    chat = chat_of(office, "iryna")
    assert chat is not None
    assert (chat.chat_id, chat.ended) == (None, TelegramEnd.BLOCKED)


@on_both
def test_a_chat_belongs_to_one_person_and_linking_again_moves_it(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "iryna", IRYNA)
    link(office, bot_api, "bohdan", IRYNA)
    iryna, bohdan = chat_of(office, "iryna"), chat_of(office, "bohdan")
    assert iryna is not None
    assert bohdan is not None
    assert (iryna.chat_id, iryna.ended, bohdan.chat_id) == (None, TelegramEnd.MOVED, IRYNA)


@on_both
def test_whose_access_is_taken_away_is_unlinked(office: Office, bot_api: BotApiServer) -> None:
    link(office, bot_api, "iryna", IRYNA)
    code = code_of(office, "iryna")
    office.do("admin", update_person, office.company.iryna.id, {"is_active": False})
    assert chat_of(office, "iryna") is None
    write(bot_api, IRYNA, code)
    assert chat_of(office, "iryna") is None


def test_a_wrong_token_is_said_and_nothing_that_is_logged_or_kept_holds_it(
    office: Office, bot_api: BotApiServer, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link(office, bot_api, "iryna", IRYNA)
    bot_api.token = "123456789:another"  # @BotFather gave a new one
    ask_for_approval(office)
    read_telegram()
    with office.database.read() as session:
        bot = session.get_one(TelegramBot, 123456789)
    assert bot.last_error == "Telegram does not know the bot. Is TELEGRAM_BOT_TOKEN the one that @BotFather gave?"
    kept = "".join(letter.last_error for letter in letters(office, "iryna"))
    assert TOKEN.partition(":")[2] not in caplog.text + kept + repr(services.settings)
    read_telegram()
    assert len(bot_api.offsets) == 1  # it rests
    bot_api.token, bot_api.is_read_elsewhere = TOKEN, True
    office.clock.advance(timedelta(seconds=31))
    read_telegram()
    with office.database.read() as session:
        assert "Another program reads" in session.get_one(TelegramBot, 123456789).last_error


def test_without_a_bot_nobody_is_told_there(
    office: Office, bot_api: BotApiServer, services: Services, post_office: PostOffice
) -> None:
    link(office, bot_api, "iryna", IRYNA)
    choose(office, "iryna", "telegram")
    use(replace(services, telegram=None))
    read_telegram()
    ask_for_approval(office)
    assert (bot_api.messages, len(bot_api.offsets)) == ([], 1)
    assert "iryna@example.com" in post_office.receivers
