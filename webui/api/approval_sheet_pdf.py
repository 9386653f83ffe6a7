"""The approval sheet on paper: every decision with who, when, on what, and the hashes that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.bpmn.compiled import OutcomeKind
from engine.errors import N_
from engine.events import DealOpened, kind_of
from engine.policy.approval_sheet import ApprovalDecision, ApprovalSheet, PassedOver
from webui.formats import exactly, money
from webui.i18n import _
from webui.paper import Paper

_OUTCOMES: Mapping[str, str] = {
    OutcomeKind.APPROVED.value: N_("Approved"),
    OutcomeKind.RETURNED.value: N_("Returned for rework"),
    OutcomeKind.REJECTED.value: N_("Rejected"),
}


def sheet_pdf(sheet: ApprovalSheet, *, fonts: Path) -> bytes:
    """The sheet as a PDF in the present language, its times in the reader's zone. Raises FontsMissing."""
    pdf = Paper(fonts, footer=_("Approval sheet of deal %(number)s", number=sheet.number))
    pdf.set_title(_("Approval sheet of deal %(number)s", number=sheet.number))
    pdf.heading(_("Approval sheet"))
    opened: Mapping[str, Any] = next((entry.data for entry in sheet.entries if entry.kind == kind_of(DealOpened)), {})
    pdf.line_of(_("Deal"), f"{sheet.number} · {sheet.title}")
    pdf.line_of(_("Client"), sheet.client)
    pdf.line_of(_("Amount"), _amount(opened))
    pdf.line_of(_("Sales map"), _map_of(opened))
    if not sheet.decisions:
        pdf.paragraph(_("Nothing has been decided on this deal yet."))
    for decision in sheet.decisions:
        _write_decision(pdf, sheet, decision)
    for passed in sheet.passed_over:
        _write_passed_over(pdf, passed)
    _write_proof(pdf, sheet)
    return bytes(pdf.output())


def _write_decision(pdf: Paper, sheet: ApprovalSheet, decision: ApprovalDecision) -> None:
    entry = next(one for one in sheet.entries if one.number == decision.number)
    label = decision.outcome_label or _(_OUTCOMES[decision.outcome])
    pdf.subheading(f"{decision.step} — {label}")
    pdf.line_of(_("Decided by"), ", ".join(filter(None, (decision.approver, decision.position, decision.department))))
    if decision.on_behalf_of:
        pdf.line_of(_("On behalf of"), decision.on_behalf_of)
    pdf.line_of(_("When"), exactly(decision.at))
    if decision.comment:
        pdf.line_of(_("Comment"), decision.comment)
    pdf.line_of(_("Client"), str(decision.content.get("client", "")))
    pdf.line_of(_("Amount"), _amount(decision.content))
    pdf.line_of(_("Version of the map"), str(entry.data.get("map_version", "")))
    pdf.hash_of(_("Hash of the content"), decision.content_hash)
    pdf.hash_of(_("Hash of the entry"), f"№ {decision.number} · {decision.entry_hash}")


def _write_passed_over(pdf: Paper, passed: PassedOver) -> None:
    pdf.subheading(f"{', '.join(passed.approvals)} — {_('passed over without being given')}")
    pdf.line_of(_("Moved by"), passed.by)
    pdf.line_of(_("To the step"), passed.to)
    pdf.line_of(_("When"), exactly(passed.at))
    pdf.line_of(_("Reason"), passed.reason)
    pdf.hash_of(_("Number of the entry"), f"№ {passed.number}")


def _write_proof(pdf: Paper, sheet: ApprovalSheet) -> None:
    pdf.subheading(_("What this proves"))
    pdf.paragraph(
        _(
            "Each decision was given by a person signed in under their own name: a simple electronic signature with "
            "proof of integrity. It is not a qualified electronic signature (КЕП). Every entry of the deal's history "
            "holds the hash of the entry before it, so a later change of content, order or number shows. The file "
            "approval-sheet.json of this deal holds all entries; “reglament sheet verify” checks them without our "
            "database."
        )
    )
    pdf.hash_of(_("Last entry"), f"№ {sheet.head_number} · {sheet.head_hash}")


def _amount(content: Mapping[str, Any]) -> str:
    amount = content.get("amount")
    return money(Decimal(str(amount)), str(content.get("currency", ""))) if amount is not None else "—"


def _map_of(opened: Mapping[str, Any]) -> str:
    key, version = opened.get("map_key", ""), opened.get("map_version", "")
    return _("%(key)s, version %(version)s", key=key, version=version) if key else "—"
