"""The approval sheet in the forms in which it leaves: drawn and sealed on paper, or as a page that proves itself."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.commands.approval_sheets import DrawnSheet
from engine.errors import NotFound
from engine.policy.approval_sheet import ApprovalSheet
from engine.policy.permissions import Actor
from engine.policy.sealed_paper import sheet_in_paper
from engine.queries.approval_sheets import IssuedSheet, issued_sheets, proof_content
from engine.queries.deals import walked_path
from engine.settings import Settings
from webui.company_seal import company_seal
from webui.i18n import locale
from webui.request_context import now, services
from webui.static_files import DIST
from webui.timeline import fields_of

_UNSIGNED = b'"signature":null'


def labels_of(session: Session, actor: Actor, deal_id: int) -> Mapping[str, FieldDefinition]:
    """The fields of the deal's map, for their labels."""
    try:
        return fields_of(session, walked_path(session, actor, deal_id, now()).definition_id)
    except NotFound:
        return {}  # a deal from before its map was executed


def verification_address(settings: Settings, sheet: ApprovalSheet) -> str:
    """Where anybody who holds the sheet learns whether its last entry is ours."""
    return f"{settings.base_url}/verify/{sheet.deal}/{sheet.head_number}/{sheet.head_hash}"


def sealed_pdf(sheet: ApprovalSheet, fields: Mapping[str, FieldDefinition]) -> DrawnSheet:
    """In the present language. Raises FontsMissing, SealNotReadable."""
    from webui.api.approval_sheet_pdf import PaperSheet  # noqa: PLC0415  # the PDF libraries take a second to load

    settings = services().settings
    seal = company_seal(settings)
    paper = PaperSheet(sheet, fields, verification_address(settings, sheet), now())
    return DrawnSheet(
        pdf=paper.sealed(seal, fonts=DIST / "fonts"),
        locale=locale().language,
        number=sheet.head_number,
        entry_hash=sheet.head_hash,
        decisions=len(sheet.decisions),
        certificate=seal.about(at=now()).certificate,
    )


def still_good(session: Session, sheet: ApprovalSheet) -> IssuedSheet | None:
    """A sheet issued before in the present language that says all there is to say, every entry of it signed."""
    papers = {one.number for one in sheet.issued}
    language = locale().language
    latest = next((one for one in issued_sheets(sheet) if one.locale == language), None)
    if latest is None or any(one.number > latest.number and one.number not in papers for one in sheet.entries):
        return None
    carried = sheet_in_paper(proof_content(session, latest.sha256) or b"")
    return latest if carried is not None and _UNSIGNED not in carried else None
