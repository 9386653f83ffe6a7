"""``run``, ``web`` and ``worker``: the processes of an installation that work with its database."""

from __future__ import annotations

import errno
import shlex
import socket
import sys
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path

import click

from engine.adapters.https_calls import PublicHttpsCaller
from engine.adapters.mail import mailer_for
from engine.adapters.mailbox import mailbox_for
from engine.adapters.telegram import telegram_for
from engine.db.session import Database
from engine.errors import N_, DomainError
from engine.policy.company_sign_in import CompanySignInNotUnderstood, company_sign_in
from engine.settings import Settings
from webui.command_line.environment import settings, settings_with_redis
from webui.command_line.failures import Failed, told
from webui.command_line.installation import bring_up_to_date, database_of
from webui.command_line.language import _
from webui.first_administrator import first_command, has_nobody
from webui.serving import parts
from webui.serving.process_group import ProcessGroup

_LAST_PORT = 65_535


@click.command(help=N_("Start everything: the database is migrated, the pages open, steps escalate by themselves."))
def run() -> None:
    given = settings()
    _ensure_port_is_free(given)
    _ensure_servers_are_understood(given)
    is_empty = _prepare(given)
    _greet(given)
    _tell_wrong_sign_in(given)
    if is_empty:
        click.echo(_("There are no people yet. In another terminal, add the first administrator:"))
        click.echo(f"  {_command_here(given)}")
    if given.is_embedded:
        parts.web(given)
    else:
        ProcessGroup({"web": parts.web, "worker": parts.worker, "beat": parts.beat}, given).run()


@click.command(help=N_("Start the web server alone; without REDIS_URL the worker and the schedule are inside it."))
def web() -> None:
    given = settings()
    _ensure_port_is_free(given)
    if given.is_embedded:
        _ensure_servers_are_understood(given)
    with database_of(given):
        pass
    _tell_wrong_sign_in(given)
    parts.web(given)


@click.command(help=N_("Start a worker, which sends letters, fires timers and escalates. Needs REDIS_URL."))
@click.option(
    "-c", "--concurrency", type=click.IntRange(1, 64), default=4, help=N_("How many tasks are done at a time.")
)
def worker(concurrency: int) -> None:
    given = settings_with_redis()
    _ensure_servers_are_understood(given)
    with database_of(given):
        pass
    raise SystemExit(parts.worker(given, concurrency))


def _ensure_port_is_free(given: Settings) -> None:
    """Say it before anything else is done. Raises Failed."""
    try:
        # The resolver takes greater numbers modulo 65,536, and 0 for any port: nobody would learn for which.
        is_port = 0 < given.port <= _LAST_PORT
        found = socket.getaddrinfo(given.host, given.port, type=socket.SOCK_STREAM) if is_port else []
        family, kind, protocol, _name, address = found[0]
    except (OSError, OverflowError, IndexError):
        raise Failed(_("%(host)s:%(port)s is no address of this machine.", host=given.host, port=given.port)) from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as failure:
            raise Failed(_port_problem(given, failure)) from None


def _ensure_servers_are_understood(given: Settings) -> None:
    """How the worker reaches mail and Telegram. Not understood, none of its tasks would do anything. Raises Failed."""
    try:
        mailer_for(given.smtp_url)
        mailbox_for(given.imap_url)
        telegram_for(given.telegram_bot_token, PublicHttpsCaller())
    except DomainError as problem:
        raise Failed(told(problem)) from None


def _port_problem(given: Settings, failure: OSError) -> str:
    if failure.errno == errno.EADDRINUSE:
        return _(
            "Port %(port)s is taken by another program. Stop it, or choose another port: PORT=%(other)s reglament run",
            port=given.port,
            other=given.port + 1,
        )
    if failure.errno == errno.EACCES:
        return _("Port %(port)s is reserved for the system: choose one above 1023.", port=given.port)
    return _("%(host)s:%(port)s is no address of this machine.", host=given.host, port=given.port)


def _prepare(given: Settings) -> bool:
    """Whether the company has no people yet."""
    given.var.mkdir(parents=True, exist_ok=True)
    if given.demo:
        from webui.command_line.databases import fill_if_empty  # noqa: PLC0415  # the demo company is large to load

        fill_if_empty(given)
        return False
    database = Database(given.database_url)
    try:
        bring_up_to_date(database)
        with database.read() as session:
            return has_nobody(session)
    finally:
        database.dispose()


def _command_here(given: Settings) -> str:
    """What adds the first administrator to this company, and not to that of the usual folder."""
    command = first_command(_("Your Name")).replace("reglament", sys.argv[0], 1)
    if given.var == Path("var").absolute():
        return command
    return f"REGLAMENT_VAR={shlex.quote(str(given.var))} {command}"


def _greet(given: Settings) -> None:
    click.echo(_("Reglament %(version)s: %(address)s", version=version("reglament"), address=given.base_url))
    if given.demo:
        from webui.demo.people import DEMO_ACCOUNTS, DEMO_PASSWORD  # noqa: PLC0415  # only the demo company has them

        click.echo(
            _("Demo accounts (one click at the sign-in page; the password is %(password)s):", password=DEMO_PASSWORD)
        )
        for account in DEMO_ACCOUNTS:
            click.echo(f"  {account.login:8} {account.full_name}, {account.position}")
        if not _is_loopback(given.host):
            click.secho(
                _("Whoever reaches this address signs in as anybody, the administrator included: REGLAMENT_DEMO=0."),
                fg="yellow",
            )
    click.echo(_("Ctrl-C stops it."))


def _tell_wrong_sign_in(given: Settings) -> None:
    """Say it at once: people go on by their passwords, and would wonder where the button is."""
    try:
        company_sign_in(given)
    except CompanySignInNotUnderstood as problem:
        click.secho(_(problem.template, **problem.params), fg="yellow", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
