"""What was decided on, as people read it: a label and a value each, and the files with their hashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.bpmn.compiled import FieldDefinition
from engine.errors import N_
from engine.policy.approval_sheet import ApprovalDecision, ApprovalSheet
from engine.policy.history_chain import ChainEntry
from webui.formats import exactly, file_size, money
from webui.i18n import _
from webui.outcomes import decided
from webui.tellings import TELLINGS
from webui.tellings.words import moment, readable

_KNOWN: Mapping[str, str] = {
    "title": N_("Title"),
    "client": N_("Client"),
    "close_date": N_("Close date"),
}
_PROOFS: Mapping[str, str] = {
    "password": N_("by password"),
    "password, code": N_("by password and a code from the phone"),
    "password, recovery code": N_("by password and a recovery code"),
    "provider": N_("by signing in anew with the company’s account"),
    "provider, code": N_("by signing in anew with the company’s account, and a code from the phone"),
    "provider, recovery code": N_("by signing in anew with the company’s account, and a recovery code"),
}


def content_rows(decision: ApprovalDecision, fields: Mapping[str, FieldDefinition]) -> Iterator[tuple[str, str]]:
    """Under the labels of then; of decisions that do not know them, those of ``fields``; else by the field's name."""
    content = decision.content
    if content.get("amount") is not None:
        yield _("Amount"), sum_of(content)
    for name, label in _KNOWN.items():
        if content.get(name) not in (None, ""):
            yield _(label), readable(content[name])
    given = content.get("fields")
    for name, value in dict(given if isinstance(given, Mapping) else {}).items():
        if value not in (None, "", [], {}):
            known = fields.get(name) or fields.get(name.removeprefix("deal."))
            label = decision.labels.get(name) or (known.label if known is not None else "")
            yield label or name, _chosen(name, value, decision.labels)


def _chosen(name: str, value: Any, labels: Mapping[str, str]) -> str:
    """A value under the label that its choice had then."""
    made = value if isinstance(value, list) else [value]
    chosen = [labels.get(f"{name}={one}") for one in made]
    return ", ".join(one for one in chosen if one) if all(chosen) else readable(value)


def content_files(sheet: ApprovalSheet, decision: ApprovalDecision) -> Iterator[tuple[str, str]]:
    """Each file that was approved, named with version and size, and its SHA-256; of an erased one, when and by whom."""
    files, erased = decision.content.get("files"), sheet.erased_files
    for one in files if isinstance(files, list) else ():
        if isinstance(one, Mapping):
            size = file_size(int(one.get("size") or 0))
            name = _(
                "%(file)s, version %(version)s, %(size)s", file=one.get("name"), version=one.get("version"), size=size
            )
            gone = erased.get(one.get("id", 0))
            if gone is not None:
                name = f"{name}. " + _("Erased on %(day)s by %(name)s.", day=exactly(gone.at), name=gone.actor_name)
            yield name, str(one.get("sha256", ""))


def notes_of(sheet: ApprovalSheet) -> list[tuple[ChainEntry, str, str]]:
    """What became of approvals beside the decisions, and which texts and files were erased.

    Each is the entry, a sentence, and what somebody wrote with it.
    """
    noted = (*sheet.about_approvals, *sheet.erasures, *sheet.file_erasures)
    told = [(entry, TELLINGS[entry.kind]) for entry in noted]
    return [(entry, one.sentence(entry.data), str(entry.data.get(one.quote, "") or "")) for entry, one in told]


def erasures_of(sheet: ApprovalSheet, decision: ApprovalDecision) -> list[str]:
    """When and by whom texts of the decision were erased."""
    return [
        _(
            "on %(day)s by %(name)s, entry № %(number)s. That nothing else was changed is still proven.",
            day=exactly(one.at),
            name=one.actor_name,
            number=one.number,
        )
        for one in sheet.erased_from(decision.number)
    ]


def word_of(decision: ApprovalDecision) -> str:
    """The decision as a word, remarks counted."""
    return decided(decision.outcome, label=decision.outcome_label, with_remarks=bool(decision.comment))


def sum_of(content: Mapping[str, Any]) -> str:
    try:
        return money(Decimal(str(content.get("amount"))), str(content.get("currency") or ""))
    except InvalidOperation:
        return "—"


def proof_of_person(decision: ApprovalDecision) -> str:
    """How the person proved anew who they are; empty where the map did not ask for it."""
    given = decision.authentication
    if not isinstance(given, Mapping) or not given:
        return ""
    by = str(given.get("by", ""))
    at = moment(given.get("at"))
    how = _(_PROOFS[by]) if by in _PROOFS else by
    return ", ".join(filter(None, (how, readable(at.isoformat()) if at is not None else "")))
