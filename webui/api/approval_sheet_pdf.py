"""The approval sheet on paper: every decision with who, when, on what, and the hashes that prove it; sealed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import segno

from engine.adapters.company_seal import CompanySeal
from engine.bpmn.compiled import FieldDefinition
from engine.policy.approval_sheet import ApprovalDecision, ApprovalSheet, PassedOver
from engine.policy.approval_sheet_file import sheet_bytes, sheet_json
from engine.policy.history_chain import ChainEntry
from engine.policy.sealed_paper import Seal
from webui.formats import day, exactly
from webui.i18n import _
from webui.paper import MARGIN, Paper
from webui.sheet_content import content_files, content_rows, erasures_of, notes_of, proof_of_person, sum_of, word_of

_QR_SIDE = 32  # millimetres: 0.8 mm a module, which a phone reads from a bad print


@dataclass(frozen=True, slots=True)
class PaperSheet:
    """``address`` is the page that tells whether this sheet is ours; ``fields`` gives the labels of the content."""

    sheet: ApprovalSheet
    fields: Mapping[str, FieldDefinition]
    address: str
    made_at: datetime

    def sealed(self, seal: CompanySeal, *, fonts: Path) -> bytes:
        """The PDF in the present language, its times in the reader's zone, with the JSON in it and the seal over it.

        Raises FontsMissing, SealNotReadable.
        """
        pdf = self._drawn(seal.about(at=self.made_at), fonts)
        pdf.embed_file(
            bytes=sheet_bytes(sheet_json(self.sheet)),
            basename=f"approval-sheet-{self.sheet.number}.json",
            desc="Reglament approval sheet",
            mime_type="application/json",
            compress=False,
        )
        return seal.sealed(bytes(pdf.output()), reason=_("Approval sheet"), at=self.made_at)

    def _drawn(self, seal: Seal, fonts: Path) -> Paper:
        sheet = self.sheet
        pdf = Paper(fonts, footer=_("Approval sheet of deal %(number)s", number=sheet.number))
        pdf.set_title(_("Approval sheet of deal %(number)s", number=sheet.number))
        pdf.set_creation_date(self.made_at)
        self._draw_code(pdf)
        pdf.set_right_margin(MARGIN + _QR_SIDE + 4)
        pdf.heading(_("Approval sheet"))
        pdf.line_of(_("Deal"), f"{sheet.number} · {sheet.title}")
        pdf.line_of(_("Client"), sheet.client)
        pdf.line_of(_("Amount"), sum_of(sheet.opened))
        pdf.line_of(_("Sales map"), _map_of(sheet.opened))
        pdf.line_of(_("Made"), exactly(self.made_at))
        pdf.set_right_margin(MARGIN)
        pdf.set_y(max(pdf.get_y(), MARGIN + _QR_SIDE + 6))
        if not sheet.decisions:
            pdf.paragraph(_("Nothing has been decided on this deal yet."))
        for decision in sheet.decisions:
            self._draw_decision(pdf, decision)
        for entry, sentence, quote in notes_of(sheet):
            _draw_note(pdf, entry, sentence, quote)
        for passed in sheet.passed_over:
            _draw_passed_over(pdf, passed)
        self._draw_meaning(pdf)
        self._draw_proof(pdf, seal)
        return pdf

    def _draw_code(self, pdf: Paper) -> None:
        picture = io.BytesIO()
        segno.make(self.address, error="m", micro=False).save(picture, kind="png", scale=8, border=0)
        picture.seek(0)
        left = pdf.w - MARGIN - _QR_SIDE
        pdf.image(picture, x=left, y=MARGIN, w=_QR_SIDE, h=_QR_SIDE, link=self.address, alt_text=self.address)
        pdf.caption(_("Check this sheet"), left, MARGIN + _QR_SIDE + 1, _QR_SIDE)

    def _draw_decision(self, pdf: Paper, decision: ApprovalDecision) -> None:
        pdf.subheading(f"{decision.step} — {word_of(decision)}")
        who = filter(None, (decision.approver, decision.position, decision.department))
        pdf.line_of(_("Decided by"), ", ".join(who))
        if decision.on_behalf_of:
            pdf.line_of(_("On behalf of"), decision.on_behalf_of)
        pdf.line_of(_("When"), exactly(decision.at))
        if proved := proof_of_person(decision):
            pdf.line_of(_("Proved anew who they are"), proved)
        if decision.comment:
            pdf.line_of(_("Comment"), decision.comment)
        for name, value in content_rows(decision, self.fields):
            pdf.line_of(name, value)
        for name, sha256 in content_files(self.sheet, decision):
            pdf.line_of(_("File"), name)
            pdf.hash_of("SHA-256", sha256)
        for erased in erasures_of(self.sheet, decision):
            pdf.line_of(_("Erased"), erased)
        pdf.line_of(_("Version of the map"), str(decision.map_version or "—"))
        pdf.hash_of(_("Hash of the content"), decision.content_hash)
        pdf.hash_of(_("Hash of the entry"), f"№ {decision.number} · {decision.entry_hash}")
        self._draw_signature(pdf, decision)

    def _draw_signature(self, pdf: Paper, decision: ApprovalDecision) -> None:
        signature = self.sheet.signatures.get(decision.number)
        if signature is None:
            pdf.line_of(_("Signature"), _("not signed yet when the sheet was made"))
        else:
            pdf.hash_of(_("Signature"), f"№ {signature.position} · {signature.key_id}")
        for entry in self.sheet.attached_to(decision.number):
            said = filter(None, (entry.data.get("name"), entry.data.get("signer"), entry.data.get("signed_at")))
            pdf.line_of(_("Signature file attached"), ", ".join(str(one) for one in said))
            pdf.hash_of("SHA-256", str(entry.data.get("sha256", "")))

    def _draw_meaning(self, pdf: Paper) -> None:
        pdf.subheading(_("What this is, and what it is not"))
        pdf.paragraph(
            _(
                "Each decision was given by a person signed in under their own name: a simple electronic signature. "
                "Hashes and the company's signature over every entry prove that nothing was changed afterwards."
            )
        )
        pdf.paragraph(
            _(
                "It is not a qualified electronic signature (КЕП) and does not prove who the person was beyond their "
                "account. Signature files that are attached were made elsewhere; Reglament has not checked them "
                "against a trusted list."
            )
        )

    def _draw_proof(self, pdf: Paper, seal: Seal) -> None:
        sheet = self.sheet
        pdf.subheading(_("How to check it"))
        pdf.paragraph(
            _(
                "The file is sealed with the certificate below (PAdES): any change to it shows in a PDF reader. It "
                "carries all entries of the deal's history as an attachment; “reglament sheet verify” checks this "
                "file without our database and names the entry that was altered. The code above leads to %(address)s",
                address=self.address,
            )
        )
        pdf.hash_of(_("Last entry"), f"№ {sheet.head_number} · {sheet.head_hash}")
        for key in sheet.keys[-1:]:
            pdf.hash_of(_("Key of the history"), f"{key.key_id} · {key.public_key}")
        made_by_us = _("made by Reglament itself") if seal.is_self_made else seal.issuer
        until = day(seal.until.date())
        pdf.line_of(
            _("Sealed by"), f"{seal.owner} ({_('%(issuer)s, valid until %(until)s', issuer=made_by_us, until=until)})"
        )
        pdf.hash_of(_("Certificate, SHA-256"), seal.certificate)


def _draw_note(pdf: Paper, entry: ChainEntry, sentence: str, quote: str) -> None:
    pdf.subheading(sentence)
    if entry.actor_name:
        pdf.line_of(_("Who"), entry.actor_name)
    pdf.line_of(_("When"), exactly(entry.at))
    if quote:
        pdf.line_of(_("Comment"), quote)
    pdf.hash_of(_("Number of the entry"), f"№ {entry.number}")


def _draw_passed_over(pdf: Paper, passed: PassedOver) -> None:
    pdf.subheading(f"{', '.join(passed.approvals)} — {_('passed over without being given')}")
    pdf.line_of(_("Moved by"), passed.by)
    pdf.line_of(_("To the step"), passed.to)
    pdf.line_of(_("When"), exactly(passed.at))
    pdf.line_of(_("Reason"), passed.reason)
    pdf.hash_of(_("Number of the entry"), f"№ {passed.number}")


def _map_of(opened: Mapping[str, Any]) -> str:
    key, version = opened.get("map_key", ""), opened.get("map_version", "")
    return _("%(key)s, version %(version)s", key=key, version=version) if key else "—"
