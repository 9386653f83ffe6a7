"""``sheet verify``, ``history verify`` and the keys: whether what was decided is still what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from engine.adapters.history_keys import HistoryKeys
from engine.clock import SystemClock
from engine.commands.history_signing import change_key, first_key
from engine.commands.seals import change_seal
from engine.errors import N_
from engine.policy.checkpoints import Checkpoint, NoCheckpoint, checkpoint_of
from engine.policy.history_chain import ChainFault, ChainFaultReason
from engine.policy.permissions import Actor
from engine.queries.history_proof import HistoryProof
from engine.queries.history_signatures import latest_key, signing_keys
from webui.command_line.environment import settings
from webui.command_line.failures import Failed, reason_of
from webui.command_line.installation import database_of
from webui.command_line.language import _
from webui.command_line.whole_history import Fault, faults_of_history
from webui.company_seal import company_seal
from webui.proven_files import NoSheet, ProvenFile, proven_file

_REASONS = {
    ChainFaultReason.ALTERED: N_("its content was altered"),
    ChainFaultReason.UNLINKED: N_("it does not follow the entry before it"),
    ChainFaultReason.MISNUMBERED: N_("entries are missing, doubled or moved"),
    ChainFaultReason.HEAD_DIFFERS: N_("the end of the chain is not the one that was recorded"),
    ChainFaultReason.MISREPORTED: N_("the sheet says something else than its entries"),
    ChainFaultReason.UNREADABLE: N_("it is not in the form of an entry"),
    ChainFaultReason.UNSIGNED: N_("it has no signature, although later ones have"),
    ChainFaultReason.NOT_SIGNED_RIGHT: N_("its signature does not fit"),
    ChainFaultReason.KEY_UNKNOWN: N_("it is signed by a key that no known key vouches for"),
    ChainFaultReason.NOT_SEALED: N_("the file was changed after it was sealed, or was never sealed"),
    ChainFaultReason.UNEXPECTED_PAGE: N_(
        "the page around the entries is not the one that this version of Reglament writes; do not trust its own verdict"
    ),
    ChainFaultReason.WITHHELD: N_("a text is missing although nothing tells of its being erased"),
    ChainFaultReason.FILE_MISSING: N_("its file is missing or not whole although nothing tells of its being erased"),
    ChainFaultReason.CHECKPOINT_DIFFERS: N_("the history until here is not the one that was published"),
}


@click.group(help=N_("Verify approval sheets."))
def sheet() -> None:
    pass


@sheet.command(
    "verify", help=N_("Verify an approval sheet (.json, .html, .pdf) without a database; status 1 when it was altered.")
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", help=N_("The id or the public key that must have signed, as the company publishes it."))
@click.pass_context
def verify_sheet(context: click.Context, file: Path, key: str | None) -> None:
    try:
        found = proven_file(file.read_bytes())
    except OSError as failure:
        raise Failed(_("%(file)s cannot be read: %(reason)s", file=file, reason=reason_of(failure))) from None
    except NoSheet:
        raise Failed(_("%(file)s is no approval sheet.", file=file)) from None
    for fault in found.faults:
        click.echo(_sentence(fault))
    if found.faults:
        context.exit(1)
    click.echo(_("The sheet is whole: nothing was altered, removed or added."))
    is_trusted = True
    for line, is_good in _signed_by(found, key):
        click.echo(line)
        is_trusted = is_trusted and is_good
    if not is_trusted:
        context.exit(1)


def _signed_by(found: ProvenFile, wanted: str | None) -> Iterator[tuple[str, bool]]:
    """What the signatures prove, each with whether it is as asked for."""
    if found.unsigned:
        yield _("Not signed: %(entries)s.", entries=_spans(found.unsigned)), wanted is None
    if found.seal is not None:
        yield (
            _("Sealed by “%(owner)s”, certificate %(sha256)s.", owner=found.seal.owner, sha256=found.seal.certificate),
            True,
        )
        yield _("SHA-256 of the file: %(sha256)s.", sha256=found.sha256), True
    kept = HistoryKeys(settings().keys)
    for one in found.keys:
        if wanted is not None and wanted.lower() in {one.key_id, one.public_key}:
            yield _("Signed with the key %(key)s, the one that you named.", key=one.key_id), True
        elif kept.has(one.key_id):
            yield _("Signed with the key %(key)s of this installation.", key=one.key_id), True
        else:
            text = _(
                "Signed with the key %(key)s. Compare it with the one that the company publishes: %(public_key)s",
                key=one.key_id,
                public_key=one.public_key,
            )
            # A key that was changed is introduced by the one that was named.
            yield text, wanted is None or any(wanted.lower() in {k.key_id, k.public_key} for k in found.keys)


@sheet.command("seal", help=N_("Seal approval sheets with the certificate in FILE (.p12, .pfx) from now on."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--password",
    prompt=N_("Password"),
    hide_input=True,
    default="",
    show_default=False,
    help=N_("The password of the file."),
)
def seal_with(file: Path, password: str) -> None:
    given = settings()
    try:
        content = file.read_bytes()
    except OSError as failure:
        raise Failed(_("%(file)s cannot be read: %(reason)s", file=file, reason=reason_of(failure))) from None
    with database_of(given) as database, database.write() as session:
        seal = change_seal(session, company_seal(given), content, password, actor=Actor.system(), clock=SystemClock())
    click.echo(_("Sealed by “%(owner)s”, certificate %(sha256)s.", owner=seal.owner, sha256=seal.certificate))


@click.group(help=N_("Verify the history, and change the key that signs it."))
def history() -> None:
    pass


@history.command(
    "verify",
    help=N_("Verify the chain of every deal, all signatures, checkpoints and files; status 1 when something differs."),
)
@click.option(
    "--checkpoint",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help=N_("A checkpoint that was kept outside; those in REGLAMENT_CHECKPOINTS are compared anyway."),
)
@click.pass_context
def verify_history(context: click.Context, files: tuple[Path, ...]) -> None:
    given = settings()
    kept = sorted(given.checkpoints.glob("*.json")) if given.checkpoints.is_dir() else []
    published = [_checkpoint(file) for file in (*files, *kept)]
    proof = HistoryProof()
    with database_of(given) as database:
        lines = dict.fromkeys(_lines(faults_of_history(database, proof, published)))
    for line in lines:
        click.echo(line)
    if lines:
        context.exit(1)
    click.echo(_("The history of every deal is whole."))
    for line in _proved(proof):
        click.echo(line)


def _lines(faults: Iterable[Fault]) -> Iterator[str]:
    for deal_number, fault in faults:
        whose = _("Deal %(number)s", number=deal_number) if deal_number else _("The company")
        yield f"{whose}: {_sentence(fault)}"


def _proved(proof: HistoryProof) -> Iterator[str]:
    yield _(
        "Signed entries: %(signed)s; waiting for their signature: %(waiting)s.",
        signed=proof.signed,
        waiting=proof.waiting,
    )
    yield _("Checkpoints that agree: %(number)s.", number=proof.checkpoints)
    for key_id in proof.lost_keys:
        yield _("The key %(key)s followed one that was lost: no other key vouches for it.", key=key_id)


def _checkpoint(file: Path) -> Checkpoint:
    try:
        return checkpoint_of(file.read_bytes())
    except OSError as failure:
        raise Failed(_("%(file)s cannot be read: %(reason)s", file=file, reason=reason_of(failure))) from None
    except NoCheckpoint:
        raise Failed(_("%(file)s is no checkpoint, or its signature does not fit.", file=file)) from None


@history.command("keys", help=N_("Show the public keys that sign the history; publish them where auditors find them."))
def show_keys() -> None:
    given = settings()
    keys = HistoryKeys(given.keys)
    with database_of(given) as database:
        with database.read() as session:
            is_first = latest_key(session) is None
        if is_first:
            with database.write() as session:
                first_key(session, keys, clock=SystemClock())
        with database.read() as session:
            known = signing_keys(session)
    for one in known:
        by = _("introduced by %(key)s", key=one.introduced_by) if one.introduced_by else _("not introduced by another")
        click.echo(f"{one.key_id}  {one.public_key}  {one.since.isoformat(timespec='seconds')}  {by}")


@history.command(
    "new-key", help=N_("Sign with a new key from now on. The present one vouches for it and is destroyed.")
)
@click.option("--lost", is_flag=True, help=N_("The present key is lost: nothing vouches for the new one."))
def make_new_key(*, lost: bool) -> None:
    given = settings()
    with database_of(given) as database, database.write() as session:
        key = change_key(session, HistoryKeys(given.keys), clock=SystemClock(), actor=Actor.system(), lost=lost)
        key_id, public_key = key.key_id, key.public_key
    click.echo(_("The history is signed with the key %(key)s from now on: %(public)s", key=key_id, public=public_key))


def _spans(numbers: Sequence[int]) -> str:
    """``1, 3–5`` instead of every number."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)


def _sentence(fault: ChainFault) -> str:
    reason = _(_REASONS[fault.reason])
    if fault.number == 0:
        return _("The whole: %(reason)s.", reason=reason)
    return _("Entry %(number)s: %(reason)s.", number=fault.number, reason=reason)
