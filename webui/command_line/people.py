"""``user`` and ``token``: accounts, passwords and API tokens."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import SystemClock
from engine.commands.linked_accounts import unlink_account
from engine.commands.password_links import make_password_link
from engine.commands.people import PersonDraft, add_person, set_password
from engine.commands.tokens import create_token
from engine.errors import N_
from engine.model.department import Department
from engine.model.linked_account import LinkedAccount
from engine.model.person import Person, Role
from engine.policy.permissions import Actor
from engine.policy.search_keys import fold
from webui.command_line.environment import settings
from webui.command_line.failures import Failed
from webui.command_line.installation import database_of
from webui.command_line.language import LOCALES, _

_READ_FROM_INPUT = "-"
_MADE_PASSWORD_BYTES = 12


@click.group(help=N_("Add people and set their passwords."))
def user() -> None:
    pass


@user.command(help=N_("Add a person who may sign in. Without --password one is made and printed."))
@click.argument("login")
@click.option("--name", required=True, help=N_("Full name, as others see it."))
@click.option("--role", type=click.Choice([one.value for one in Role]), required=True, help=N_("What the person does."))
@click.option("--department", "departments", multiple=True, help=N_("Its name; may be given several times."))
@click.option("--position", default="", help=N_("Position in the company."))
@click.option("--email", default="", help=N_("Where letters about late steps go."))
@click.option(
    "--language", type=click.Choice(LOCALES), default=LOCALES[0], help=N_("The language of pages and letters.")
)
@click.option("--password", help=N_("The password; “-” reads it from standard input."))
@click.option(
    "--without-password", is_flag=True, help=N_("None: the person signs in by an account of the company, or by a link.")
)
def add(
    *,
    login: str,
    name: str,
    role: str,
    departments: Sequence[str],
    position: str,
    email: str,
    language: str,
    password: str | None,
    without_password: bool,
) -> None:
    if without_password and password is not None:
        raise Failed(_("Give either --password or --without-password."))
    made = secrets.token_urlsafe(_MADE_PASSWORD_BYTES) if password is None and not without_password else None
    with database_of(settings()) as database, database.write() as session:
        draft = PersonDraft(
            login=login,
            full_name=name,
            role=Role(role),
            position=position,
            email=email,
            department_ids=[_department_id(session, one) for one in departments],
            password=None if without_password else made or _read(password),
            locale=language,
        )
        add_person(session, draft, actor=Actor.system(), clock=SystemClock())
    click.echo(_("Added: %(login)s.", login=login))
    if made is not None:
        click.echo(_("Password: %(password)s", password=made))


@user.command("password", help=N_("Set a person's password; all their sessions end."))
@click.argument("login")
@click.option("--password", prompt=N_("New password"), hide_input=True, help=N_("“-” reads it from standard input."))
def change_password(login: str, password: str) -> None:
    with database_of(settings()) as database, database.write() as session:
        set_password(session, _person_id(session, login), _read(password), actor=Actor.system(), clock=SystemClock())
    click.echo(_("The password of %(login)s is set; all sessions of this person have ended.", login=login))


@user.command(help=N_("Print a link by which a person chooses their password."))
@click.argument("login")
def link(login: str) -> None:
    given = settings()
    with database_of(given) as database, database.write() as session:
        person_id = _person_id(session, login)
        token = make_password_link(session, person_id, actor=Actor.system(), clock=SystemClock())
    click.echo(f"{given.base_url}/password/{token}")


@user.command(help=N_("Let a person's account of the company sign in no more; their password does again."))
@click.argument("login")
def unlink(login: str) -> None:
    with database_of(settings()) as database, database.write() as session:
        person_id = _person_id(session, login)
        issuers = session.scalars(select(LinkedAccount.issuer).where(LinkedAccount.person_id == person_id)).all()
        if not issuers:
            raise Failed(_("No account is connected with %(login)s.", login=login))
        for issuer in issuers:
            unlink_account(session, person_id, issuer, actor=Actor.system(), clock=SystemClock())
    click.echo(_("No account signs %(login)s in any more; all sessions of this person have ended.", login=login))


@click.group(help=N_("Create tokens for the HTTP API."))
def token() -> None:
    pass


@token.command(help=N_("Print a new API token of a person, and nothing else. It cannot be shown again."))
@click.option("--user", "login", required=True, help=N_("The person's login."))
@click.option("--name", default="", help=N_("What the token is for."))
def create(login: str, name: str) -> None:
    with database_of(settings()) as database, database.write() as session:
        person_id = _person_id(session, login)
        made = create_token(session, person_id, name, actor=Actor.system(), clock=SystemClock())
    click.echo(made)


def _read(password: str | None) -> str:
    return sys.stdin.readline().rstrip("\n") if password == _READ_FROM_INPUT else password or ""


def _person_id(session: Session, login: str) -> int:
    found = session.scalar(select(Person.id).where(Person.login == login.strip().lower()))
    if found is None:
        raise Failed(_("There is no person with the login %(login)s.", login=login))
    return found


def _department_id(session: Session, name: str) -> int:
    found = session.scalar(select(Department.id).where(Department.name_key == fold(name)))
    if found is None:
        raise Failed(_("There is no department “%(name)s”.", name=name))
    return found
