"""``doctor``: what is in order, what is not, and what to do about it."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import click
import redis
from sqlalchemy.exc import SQLAlchemyError

from engine.adapters.history_keys import HistoryKeys
from engine.adapters.mail import MailAddressNotUnderstood, mail_server
from engine.adapters.mailbox import MailboxFailed, MailboxNotUnderstood, mailbox_for
from engine.adapters.telegram import TelegramTokenNotUnderstood, bot_id_of
from engine.clock import SystemClock
from engine.db.schema import current_revision, newest_revision
from engine.db.session import Database
from engine.errors import N_, DomainError
from engine.model.telegram import TelegramBot
from engine.policy.company_sign_in import CompanySignInNotUnderstood, company_sign_in
from engine.queries.history_signatures import signing_state
from engine.queries.machinery import Machinery, machinery
from engine.queries.stored_files import bytes_of_all
from engine.settings import Settings
from webui.command_line.environment import settings
from webui.command_line.installation import has_sqlite_file
from webui.command_line.language import _
from webui.company_sign_in import provider_of

_TIMEOUT_S = 3
_WORKER_GONE_AFTER_S = 60
_SCARCE_BYTES = 1024**3
_FULL_BYTES = 100 * 1024**2
_MEBIBYTE = 1024**2
_FILES_NEARLY_FULL = 0.9
_READABLE_BY_OTHERS = 0o077
_SHORTEST_SECRET = 32


class Verdict(StrEnum):
    """Only FAILED makes the doctor's exit status 1: the installation does not work."""

    FINE = "+"
    NOTICED = "!"
    FAILED = "-"


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict
    subject: str
    text: str


@click.command(help=N_("Say what is in order and what is not; status 1 when something does not work."))
@click.pass_context
def doctor(context: click.Context) -> None:
    answers = list(examined(settings()))
    for answer in answers:
        click.echo(f"{answer.verdict} {_(answer.subject)}: {answer.text}")
    if any(answer.verdict is Verdict.FAILED for answer in answers):
        context.exit(1)


def examined(given: Settings) -> Iterator[Answer]:
    """All answers, in the order in which one would mend what they find."""
    yield from _database(given)
    yield from _history_key(given)
    yield _broker(given)
    yield _disk(given)
    yield _secret_key(given)
    yield _mail(given)
    yield _answers(given)
    yield _accounts(given)
    yield from _telegram(given)


def _database(given: Settings) -> Iterator[Answer]:
    subject = N_("Database")
    if given.uses_sqlite and not has_sqlite_file(given):
        yield Answer(Verdict.FAILED, subject, _("there is none yet; `reglament run` makes it."))
        return
    database = Database(given.database_url)
    try:
        revision, newest = current_revision(database), newest_revision()
        if revision != newest:
            text = _("revision %(revision)s instead of %(newest)s; run `reglament migrate`.")
            yield Answer(Verdict.FAILED, subject, text % {"revision": revision, "newest": newest})
            return
        yield Answer(Verdict.FINE, subject, _("answers, revision %(revision)s.", revision=revision))
        with database.read() as session:
            found = machinery(session, SystemClock().now())
            used = bytes_of_all(session)
    except SQLAlchemyError as failure:
        cause = getattr(failure, "orig", None) or failure
        yield Answer(Verdict.FAILED, subject, _("does not answer: %(answer)s", answer=str(cause).strip()))
        return
    finally:
        database.dispose()
    yield _worker(found)
    yield _queue(found)
    yield _files(used, given)


def _worker(found: Machinery) -> Answer:
    subject, age = N_("Worker"), found.worker_age_s
    if age is None:
        return Answer(Verdict.FAILED, subject, _("none has been seen yet; start `reglament run`."))
    if age > _WORKER_GONE_AFTER_S:
        return Answer(
            Verdict.FAILED, subject, _("last seen %(age)s s ago; start the worker and the schedule.", age=age)
        )
    return Answer(Verdict.FINE, subject, _("seen %(age)s s ago.", age=age))


def _queue(found: Machinery) -> Answer:
    text = _(
        "Jobs that wait: %(due)s, given up: %(failed)s; late timers: %(late)s; open failures: %(incidents)s.",
        due=found.queue_length,
        failed=found.failed_jobs,
        late=found.late_timers,
        incidents=found.incidents,
    )
    is_noticed = found.failed_jobs or found.incidents
    return Answer(Verdict.NOTICED if is_noticed else Verdict.FINE, N_("Queue"), text)


def _files(used: int, given: Settings) -> Answer:
    share = used / (given.all_files_max_gb * 1024**3)
    text = _("%(used)s of %(limit)s GB.", used=f"{used / 1024**3:.1f}", limit=given.all_files_max_gb)
    return Answer(Verdict.NOTICED if share > _FILES_NEARLY_FULL else Verdict.FINE, N_("Files of deals"), text)


def _history_key(given: Settings) -> Iterator[Answer]:
    """Only what the database can tell: without one, the answer before this has said so."""
    if given.uses_sqlite and not has_sqlite_file(given):
        return
    subject = N_("Signatures of the history")
    database = Database(given.database_url)
    try:
        with database.read() as session:
            state = signing_state(session)
    except SQLAlchemyError:
        return
    finally:
        database.dispose()
    if state.key is None:
        yield Answer(Verdict.NOTICED, subject, _("there is no key yet; the worker makes it."))
    elif HistoryKeys(given.keys).has(state.key.key_id):
        yield Answer(Verdict.FINE, subject, _("%(waiting)s entries wait for theirs.", waiting=state.waiting))
    else:
        text = _("the key %(key)s is not in %(folder)s: only the worker needs it, but nothing is signed without it.")
        yield Answer(Verdict.NOTICED, subject, text % {"key": state.key.key_id, "folder": given.keys})


def _broker(given: Settings) -> Answer:
    subject = N_("Broker")
    if given.redis_url is None:
        return Answer(Verdict.FINE, subject, _("inside the server (no REDIS_URL)."))
    try:
        with redis.Redis.from_url(given.redis_url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S) as one:
            one.ping()
    except (redis.RedisError, ValueError) as failure:
        return Answer(Verdict.FAILED, subject, _("Redis does not answer: %(answer)s", answer=failure))
    return Answer(Verdict.FINE, subject, _("Redis answers."))


def _disk(given: Settings) -> Answer:
    place = next(one for one in (given.var, *given.var.parents) if one.exists())
    free = shutil.disk_usage(place).free
    verdict = Verdict.FINE if free > _SCARCE_BYTES else Verdict.NOTICED if free > _FULL_BYTES else Verdict.FAILED
    return Answer(verdict, N_("Disk"), _("%(free)s MB free at %(place)s.", free=free // _MEBIBYTE, place=place))


def _secret_key(given: Settings) -> Answer:
    subject = N_("Secret key")
    if given.secret_key:
        if len(given.secret_key) < _SHORTEST_SECRET:
            return Answer(Verdict.NOTICED, subject, _("SECRET_KEY is short; take 64 random characters."))
        return Answer(Verdict.FINE, subject, _("from SECRET_KEY."))
    file: Path = given.var / "secret_key"
    if not file.exists():
        return Answer(Verdict.NOTICED, subject, _("the server makes it at its first start."))
    if file.stat().st_mode & _READABLE_BY_OTHERS:
        return Answer(Verdict.FAILED, subject, _("others may read %(file)s; run `chmod 600` on it.", file=file))
    return Answer(Verdict.FINE, subject, _("in %(file)s, for its owner only.", file=file))


def _mail(given: Settings) -> Answer:
    subject = N_("Mail")
    if not given.smtp_url:
        return Answer(Verdict.NOTICED, subject, _("letters are only written to the log; set SMTP_URL."))
    try:
        server = mail_server(given.smtp_url)
    except MailAddressNotUnderstood:
        text = _("SMTP_URL cannot be read. Write it as smtp://user:password@host:port?from=sales@example.com.")
        return Answer(Verdict.FAILED, subject, text)
    try:
        socket.create_connection((server.host, server.port), timeout=_TIMEOUT_S).close()
    except OSError as failure:
        # Letters wait in the outbox until it answers: nothing else stops working.
        text = _("%(host)s does not answer: %(answer)s", host=server.host, answer=failure)
        return Answer(Verdict.NOTICED, subject, text)
    return Answer(Verdict.FINE, subject, _("%(host)s answers.", host=server.host))


def _answers(given: Settings) -> Answer:
    """Looks into the mailbox as the worker does, and takes nothing out of it."""
    subject = N_("Answers to letters")
    try:
        mailbox = mailbox_for(given.imap_url)
        if mailbox is None:
            return Answer(Verdict.FINE, subject, _("are not read (no IMAP_URL)."))
        mailbox.look()
    except MailboxNotUnderstood:
        text = _(
            "IMAP_URL cannot be read. Write it as imaps://user:password@host:port/INBOX?address=reply@example.com."
        )
        return Answer(Verdict.FAILED, subject, text)
    except MailboxFailed as failure:
        text = _("%(host)s does not answer: %(answer)s", host=failure.params["host"], answer=failure.params["answer"])
        return Answer(Verdict.NOTICED, subject, text)
    return Answer(Verdict.FINE, subject, _("are read from %(mailbox)s.", mailbox=mailbox.name))


def _accounts(given: Settings) -> Answer:
    """Asks the provider who it is, as the first sign-in does; nobody is signed in."""
    subject = N_("Sign-in by company accounts")
    try:
        asked_for = company_sign_in(given)
    except CompanySignInNotUnderstood as problem:
        return Answer(Verdict.FAILED, subject, _(problem.template, **problem.params))
    provider = provider_of(given, SystemClock())
    if asked_for is None or provider is None:
        return Answer(Verdict.FINE, subject, _("is off (no OIDC_ISSUER)."))
    try:
        provider.look()
    except DomainError as problem:
        text = f"{asked_for.name}: {problem.params['problem']}"
        return Answer(Verdict.NOTICED, subject, text)
    text = _("%(provider)s answers; its address to return to is %(address)s.")
    return Answer(Verdict.FINE, subject, text % {"provider": asked_for.name, "address": asked_for.redirect_uri})


def _telegram(given: Settings) -> Iterator[Answer]:
    """What the worker has met at its last look: no network is asked."""
    subject = "Telegram"
    if given.telegram_bot_token is None:
        yield Answer(Verdict.FINE, subject, _("is not used (no TELEGRAM_BOT_TOKEN)."))
        return
    try:
        bot_id = bot_id_of(given.telegram_bot_token)
    except TelegramTokenNotUnderstood as wrong:
        yield Answer(Verdict.FAILED, subject, _(wrong.template))
        return
    if given.uses_sqlite and not has_sqlite_file(given):
        return
    database = Database(given.database_url)
    try:
        with database.read() as session:
            bot = session.get(TelegramBot, bot_id)
    except SQLAlchemyError:
        return
    finally:
        database.dispose()
    if bot is None or not (bot.username or bot.last_error):
        yield Answer(Verdict.NOTICED, subject, _("no worker has asked it yet."))
    elif bot.last_error:
        yield Answer(Verdict.NOTICED, subject, _("does not answer: %(answer)s", answer=_(bot.last_error)))
    else:
        yield Answer(Verdict.FINE, subject, _("@%(bot)s answers.", bot=bot.username))
