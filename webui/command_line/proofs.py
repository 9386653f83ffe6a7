"""``sheet verify`` and ``history verify``: whether what was decided is still what was recorded."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from engine.errors import N_
from engine.policy.approval_sheet_check import sheet_faults
from engine.policy.history_chain import ChainFault, ChainFaultReason
from engine.queries.history import faulty_chains
from webui.command_line.failures import Failed
from webui.command_line.installation import database_of, settings
from webui.command_line.language import _

_REASONS = {
    ChainFaultReason.ALTERED: N_("its content was altered"),
    ChainFaultReason.UNLINKED: N_("it does not follow the entry before it"),
    ChainFaultReason.MISNUMBERED: N_("entries are missing, doubled or moved"),
    ChainFaultReason.HEAD_DIFFERS: N_("the end of the chain is not the one that was recorded"),
    ChainFaultReason.MISREPORTED: N_("the sheet says something else than its entries"),
    ChainFaultReason.UNREADABLE: N_("it is not in the form of an entry"),
}


@click.group(help=N_("Verify approval sheets."))
def sheet() -> None:
    pass


@sheet.command("verify", help=N_("Verify an approval sheet (.json) without a database; status 1 when it was altered."))
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def verify_sheet(context: click.Context, file: Path) -> None:
    try:
        given = orjson.loads(file.read_bytes())
    except OSError as failure:
        raise Failed(_("%(file)s cannot be read: %(reason)s", file=file, reason=failure.strerror)) from None
    except orjson.JSONDecodeError:
        raise Failed(_("%(file)s is no approval sheet: it is not JSON.", file=file)) from None
    found = sheet_faults(given)
    if not found:
        click.echo(_("The sheet is whole: nothing was altered, removed or added."))
        return
    for fault in found:
        click.echo(_sentence(fault))
    context.exit(1)


@click.group(help=N_("Verify the history."))
def history() -> None:
    pass


@history.command("verify", help=N_("Verify the chain of every deal; status 1 when one is not whole."))
@click.pass_context
def verify_history(context: click.Context) -> None:
    is_whole = True
    with database_of(settings()) as database, database.read() as session:
        for chain in faulty_chains(session):
            is_whole = False
            click.echo(_("Deal %(number)s:", number=chain.deal_number))
            for fault in chain.faults:
                click.echo(f"  {_sentence(fault)}")
    if not is_whole:
        context.exit(1)
    click.echo(_("The history of every deal is whole."))


def _sentence(fault: ChainFault) -> str:
    reason = _(_REASONS[fault.reason])
    if fault.number == 0:
        return _("The whole: %(reason)s.", reason=reason)
    return _("Entry %(number)s: %(reason)s.", number=fault.number, reason=reason)
