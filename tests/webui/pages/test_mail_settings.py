from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, text_of, web_application

from engine.commands.telegram_links import CODES_LAST, end_chat, link_chat
from engine.model.mail_choice import MailChoice
from engine.model.telegram import TelegramBot, TelegramChat, TelegramEnd

SignIn = Callable[[str | None], Browser]

FORM = {"approval_asked": "digest", "step_opened": "never", "times": "9.00 16:30", "keeps_quiet": "yes"}


def chosen(office: Office, login: str) -> MailChoice | None:
    with office.database.read() as session:
        return session.get(MailChoice, getattr(office.company, login).id)


def test_choices_are_kept_and_shown(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    assert olena.post("/settings/mail", FORM).status_code == 303
    row = chosen(office, "olena")
    assert row is not None
    assert (row.deliveries["approval_asked"], row.deliveries["step_opened"]) == ("digest", "never")
    assert (row.digest_times, row.keeps_quiet) == (["09:00", "16:30"], True)
    page = olena.get("/settings/mail")
    assert 'value="09:00, 16:30"' in page.text
    assert "Листи надходять на olena@example.com" in text_of(page)


def test_times_that_cannot_be_read_are_told_and_nothing_typed_is_lost(office: Office, browse: SignIn) -> None:
    answer = browse("olena").post("/settings/mail", FORM | {"times": "зранку"})
    assert answer.status_code == 422
    assert 'value="зранку"' in answer.text
    assert '<option value="never" selected>' in answer.text
    assert chosen(office, "olena") is None


def test_what_does_not_exist_cannot_be_chosen(office: Office, browse: SignIn) -> None:
    assert browse("olena").post("/settings/mail", FORM | {"step_opened": "hourly"}).status_code == 422
    assert chosen(office, "olena") is None


@pytest.mark.parametrize(
    ("login", "kind", "is_offered"),
    [
        ("olena", "incident", False),
        ("admin", "incident", True),
        ("olena", "step_late", False),
        ("bohdan", "step_late", True),
        ("olena", "daily_control", False),
        ("owner", "daily_control", False),
        ("bohdan", "daily_control", True),
    ],
)
def test_only_what_can_ever_come_is_offered(browse: SignIn, login: str, kind: str, is_offered: bool) -> None:
    assert (f'name="{kind}"' in browse(login).get("/settings/mail").text) == is_offered


def test_looking_changes_nothing(office: Office, browse: SignIn) -> None:
    browse("olena").get("/settings/mail?times=10:00")
    assert chosen(office, "olena") is None


@pytest.fixture
def with_bot(office: Office) -> SignIn:
    """A browser of an installation whose bot has told its name."""
    app = web_application(office, TELEGRAM_BOT_TOKEN="77:AAE-a_token_of_a_bot_of_this_test")
    with office.database.write() as session:
        session.add(TelegramBot(id=77, username="sales_bot"))
    return lambda login: Browser(app, login)


def link(office: Office, olena: Browser, chat_id: int = 500) -> None:
    code = re.search(r"https://t\.me/sales_bot\?start=(\w{12})\b", olena.post("/settings/mail/telegram").text)
    assert code is not None
    with office.database.write() as session:
        assert link_chat(session, code[1], chat_id, "@olena_k", at=office.clock.now()) is not None


def test_without_a_bot_administrators_alone_read_one_line_of_telegram(browse: SignIn) -> None:
    olena, admin = browse("olena"), browse("admin")
    assert "elegram" not in olena.get("/settings/mail").text + admin.get("/settings/mail").text
    assert olena.post("/settings/mail/telegram").status_code == 404
    assert text_of(admin.get("/settings/machinery")).count("Telegram") == 1


def test_one_press_gives_a_link_a_code_to_type_and_a_picture_and_the_page_sees_the_chat(
    office: Office, with_bot: SignIn
) -> None:
    olena = with_bot("olena")
    assert "place-step_opened" not in olena.get("/settings/mail").text
    page = olena.post("/settings/mail/telegram")
    assert re.search(r'id="telegram-code">\w{4}-\w{4}-\w{4}<', page.text)
    assert "<svg" in page.text.partition("authenticator-code")[2]
    waiting = olena.get("/settings/mail/telegram")
    assert (waiting.status_code, waiting.headers.get("HX-Redirect")) == (204, None)
    office.clock.advance(CODES_LAST)
    assert olena.get("/settings/mail/telegram").headers["HX-Redirect"] == "/settings/mail"
    link(office, olena)
    assert olena.get("/settings/mail/telegram").headers["HX-Redirect"] == "/settings/mail"
    assert "Сповіщення надходять у Telegram: @olena_k" in text_of(olena.get("/settings/mail"))


def test_where_each_comes_is_chosen_beside_it_or_for_all_at_once(office: Office, with_bot: SignIn) -> None:
    olena = with_bot("olena")
    link(office, olena)
    assert '<option value="both" selected>' in olena.get("/settings/mail").text
    assert olena.post("/settings/mail", FORM | {"place-step_opened": "telegram"}).status_code == 303
    row = chosen(office, "olena")
    assert row is not None
    assert row.places == {"step_opened": "telegram"}
    assert olena.post("/settings/mail", FORM | {"everywhere": "mail"}).status_code == 303
    row = chosen(office, "olena")
    assert row is not None
    assert set(row.places.values()) == {"mail"}
    assert len(row.places) > 10
    assert olena.post("/settings/mail", FORM | {"everywhere": "pigeon"}).status_code == 422


def test_who_unlinks_is_forgotten_and_who_was_blocked_reads_why(office: Office, with_bot: SignIn) -> None:
    olena = with_bot("olena")
    link(office, olena)
    assert olena.get("/settings/mail/telegram/unlink").status_code == 405
    assert olena.post("/settings/mail/telegram/unlink").status_code == 303
    with office.database.read() as session:
        assert session.get(TelegramChat, office.company.olena.id) is None
    link(office, olena)
    with office.database.write() as session:
        end_chat(session, 500, TelegramEnd.BLOCKED, at=office.clock.now())
    assert "бота там заблоковано" in text_of(olena.get("/settings/mail"))


def test_administrators_read_how_the_bot_does_and_an_answer_is_no_markup(office: Office, with_bot: SignIn) -> None:
    with office.database.write() as session:
        session.get_one(TelegramBot, 77).last_error = "Telegram does not work now: <b>odd</b>"
    page = with_bot("admin").get("/settings/machinery")
    assert "@sales_bot у Telegram пише 0 людям." in text_of(page)
    assert "Telegram зараз не працює: &lt;b&gt;odd&lt;/b&gt;" in page.text
