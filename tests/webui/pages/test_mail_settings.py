from __future__ import annotations

from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, text_of

from engine.model.mail_choice import MailChoice

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
    ],
)
def test_only_what_can_ever_come_is_offered(browse: SignIn, login: str, kind: str, is_offered: bool) -> None:
    assert (f'name="{kind}"' in browse(login).get("/settings/mail").text) == is_offered


def test_looking_changes_nothing(office: Office, browse: SignIn) -> None:
    browse("olena").get("/settings/mail?times=10:00")
    assert chosen(office, "olena") is None
