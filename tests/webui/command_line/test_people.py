from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import select
from support.office import Office

from engine.commands.linked_accounts import link_account, mark_of
from engine.commands.password_links import set_password_by_link
from engine.commands.people import sign_in
from engine.errors import SignInFailed
from engine.model.person import Person, Role
from engine.policy.company_sign_in import ProvenAccount
from engine.queries.accounts import Accounts
from engine.queries.linked_accounts import person_of_account

Command = Callable[..., Result]


def added(command: Command, *more: str, given: str | None = None) -> Result:
    arguments = ("user", "add", "maria", "--name", "Марія Лис", "--role", "manager", *more)
    return command(*arguments, given=given)


def may_sign_in(office: Office, login: str, password: str) -> bool:
    with office.database.write() as session:
        try:
            return sign_in(session, login, password).login == login
        except SignInFailed:
            return False


def test_a_person_is_added_with_a_password_that_is_printed_once(installation: Office, command: Command) -> None:
    done = added(command, "--department", "відділ ПРОДАЖІВ", "--language", "en")
    assert done.exit_code == 0
    password = done.stdout.splitlines()[1].removeprefix("Password: ")
    assert may_sign_in(installation, "maria", password)
    with installation.database.read() as session:
        person = session.scalars(select(Person).where(Person.login == "maria")).one()
        assert (person.role, person.locale) == (Role.MANAGER, "en")
        assert [one.name for one in person.departments] == ["Відділ продажів"]


def test_a_password_comes_from_standard_input(installation: Office, command: Command) -> None:
    done = added(command, "--password", "-", given="correct horse\n")
    assert done.stdout == "Added: maria.\n"
    assert may_sign_in(installation, "maria", "correct horse")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--department", "Космос"), "There is no department “Космос”."),
        (("--password", "short"), "A password has at least 8 characters."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    installation: Office, command: Command, more: tuple[str, ...], sentence: str
) -> None:
    done = added(command, *more)
    assert (done.exit_code, done.stderr.strip(), done.stdout) == (1, sentence, "")


def test_a_login_is_taken_once(installation: Office, command: Command) -> None:
    assert added(command).exit_code == 0
    done = added(command)
    assert (done.exit_code, done.stderr) == (1, "The login “maria” is taken.\n")


def test_a_new_password_replaces_the_old_one(installation: Office, command: Command) -> None:
    added(command, "--password", "-", given="correct horse\n")
    assert command("user", "password", "maria", "--password", "battery staple").exit_code == 0
    assert not may_sign_in(installation, "maria", "correct horse")
    assert may_sign_in(installation, "maria", "battery staple")


def test_by_a_link_a_person_chooses_their_password(installation: Office, command: Command) -> None:
    (link,) = command("user", "link", "olena").stdout.split("\n")[:-1]
    token = link.removeprefix("http://127.0.0.1:8000/password/")
    with installation.database.write() as session:
        set_password_by_link(session, token, "battery staple", clock=installation.clock)
    assert may_sign_in(installation, "olena", "battery staple")


def test_a_token_is_printed_alone_and_names_its_person(installation: Office, command: Command) -> None:
    done = command("token", "create", "--user", "olena", "--name", "1C")
    assert done.exit_code == 0
    (token,) = done.stdout.split("\n")[:-1]
    account = Accounts(installation.database).of_token(token, installation.clock.now())
    assert account is not None
    assert account.actor.login == "olena"


def test_nobody_gets_a_token_for_a_stranger(installation: Office, command: Command) -> None:
    done = command("token", "create", "--user", "nobody")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nobody" in done.stderr


def test_an_account_of_the_company_is_taken_off_a_person(installation: Office, command: Command) -> None:
    olena = installation.company.olena
    with installation.database.write() as session:
        account = ProvenAccount("https://id.example.com", "108", "olena@example.com")
        link_account(session, olena.id, account, mark=mark_of(olena), clock=installation.clock)
    assert command("user", "unlink", "olena").exit_code == 0
    with installation.database.read() as session:
        assert person_of_account(session, account) is None
    again = command("user", "unlink", "olena")
    assert (again.exit_code, "No account is connected with olena" in again.stderr) == (1, True)


def test_a_person_is_added_without_a_password_for_the_company_account(installation: Office, command: Command) -> None:
    done = added(command, "--without-password")
    assert (done.exit_code, "Password" in done.stdout) == (0, False)
    with installation.database.read() as session:
        assert session.scalars(select(Person).where(Person.login == "maria")).one().password_hash is None
    both = added(command, "--without-password", "--password", "long enough")
    assert (both.exit_code, "either --password or --without-password" in both.stderr) == (1, True)
