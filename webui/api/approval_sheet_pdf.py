"""The approval sheet on paper: every decision with who, when, on what, and the hashes that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from engine.bpmn.compiled import OutcomeKind
from engine.errors import N_
from engine.events import DealOpened, kind_of
from engine.policy.approval_sheet import ApprovalDecision, ApprovalSheet, PassedOver
from webui.formats import exactly, money
from webui.i18n import _

_FONT, _MONO = "DejaVu", "DejaVuMono"
_FILES = {(_FONT, ""): "DejaVuSans.ttf", (_FONT, "B"): "DejaVuSans-Bold.ttf", (_MONO, ""): "DejaVuSansMono.ttf"}
_MARGIN, _LABEL = 18, 46  # millimetres
_TITLE, _NAME, _BODY, _SMALL = 16, 11, 9, 7  # points
_OUTCOMES: Mapping[str, str] = {
    OutcomeKind.APPROVED.value: N_("Approved"),
    OutcomeKind.RETURNED.value: N_("Returned for rework"),
    OutcomeKind.REJECTED.value: N_("Rejected"),
}


class FontsMissing(RuntimeError):
    """The installation is incomplete; its owner runs the build."""

    def __str__(self) -> str:
        return "the fonts for PDF are missing from webui/static/dist/fonts: run `make build`"


def sheet_pdf(sheet: ApprovalSheet, *, fonts: Path) -> bytes:
    """The sheet as a PDF in the present language, its times in the reader's zone. Raises FontsMissing."""
    pdf = _Paper(fonts, footer=_("Approval sheet of deal %(number)s", number=sheet.number))
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


def _write_decision(pdf: _Paper, sheet: ApprovalSheet, decision: ApprovalDecision) -> None:
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


def _write_passed_over(pdf: _Paper, passed: PassedOver) -> None:
    pdf.subheading(f"{', '.join(passed.approvals)} — {_('passed over without being given')}")
    pdf.line_of(_("Moved by"), passed.by)
    pdf.line_of(_("To the step"), passed.to)
    pdf.line_of(_("When"), exactly(passed.at))
    pdf.line_of(_("Reason"), passed.reason)
    pdf.hash_of(_("Number of the entry"), f"№ {passed.number}")


def _write_proof(pdf: _Paper, sheet: ApprovalSheet) -> None:
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


class _Paper(FPDF):
    """A4 with our fonts, a page number and the deal at the foot of each page."""

    def __init__(self, fonts: Path, *, footer: str) -> None:
        super().__init__(format="A4")
        self._foot = footer
        for (family, style), name in _FILES.items():
            if not (fonts / name).is_file():
                raise FontsMissing
            self.add_font(family, style, fonts / name)
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(_FONT, "", _SMALL)
        self.cell(0, 4, f"{self._foot} · {self.page_no()}", align="C")

    def heading(self, text: str) -> None:
        self.set_font(_FONT, "B", _TITLE)
        self._write(text, 9)
        self.ln(2)

    def subheading(self, text: str) -> None:
        self.ln(4)
        self.set_font(_FONT, "B", _NAME)
        self._write(text, 6)

    def paragraph(self, text: str) -> None:
        self.set_font(_FONT, "", _BODY)
        self._write(text, 5)

    def line_of(self, label: str, text: str) -> None:
        self._labelled(label, text, _FONT, _BODY)

    def hash_of(self, label: str, text: str) -> None:
        self._labelled(label, text, _MONO, _SMALL)

    def _labelled(self, label: str, text: str, family: str, size: int) -> None:
        self.set_font(_FONT, "", _BODY)
        self.set_text_color(90)
        self.cell(_LABEL, 5, label)
        self.set_text_color(0)
        self.set_font(family, "", size)
        self._write(text or "—", 5)

    def _write(self, text: str, height: float) -> None:
        self.multi_cell(0, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
