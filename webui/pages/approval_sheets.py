"""A deal's approval sheet: on the page, as a sealed PDF, as a page that proves itself; signatures made elsewhere."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.approval_sheets import SheetChanged, attach_signature, issue_sheet, may_attach
from engine.errors import N_, DomainError, FieldRequired, InvalidInput, NotFound
from engine.policy.approval_sheet_file import sheet_bytes, sheet_json
from engine.policy.attached_signatures import SIZE_LIMIT
from engine.queries.approval_sheets import approval_sheet, issued_sheets, kept_papers, proof_file
from engine.queries.deals import deal_view
from webui.attachments import attachment
from webui.error_pages import status_of
from webui.i18n import _, locale
from webui.messages import field_errors
from webui.outcomes import tone_of
from webui.proving_page import proving_page
from webui.request_context import actor, now, reading, services, writing
from webui.sheet_content import content_files, content_rows, erasures_of, notes_of, proof_of_person, word_of
from webui.sheet_papers import labels_of, sealed_pdf, still_good
from webui.tellings.words import moment

blueprint = Blueprint("approval_sheets", __name__, url_prefix="/deals/<int:deal_id>")

_TRIES = 3
_PDF, _SIGNATURE = "application/pdf", "application/pkcs7-signature"


@blueprint.get("/approval-sheet")
def show(deal_id: int) -> ResponseReturnValue:
    return _page(deal_id)


@blueprint.get("/approval-sheet.json")
def download_json(deal_id: int) -> ResponseReturnValue:
    """The sheet with the whole chain: what `reglament sheet verify` reads without our database."""
    with reading() as session:
        sheet = approval_sheet(session, actor(), deal_id)
    return attachment(sheet_bytes(sheet_json(sheet)), "application/json", f"approval-sheet-{sheet.number}.json")


@blueprint.get("/approval-sheet.html")
def download_page(deal_id: int) -> ResponseReturnValue:
    """The sheet as one page that checks itself wherever it is opened."""
    with reading() as session:
        sheet = approval_sheet(session, actor(), deal_id)
    page = proving_page(sheet_bytes(sheet_json(sheet)), locale=locale().language)
    return attachment(page, "text/html", f"approval-sheet-{sheet.number}.html")


@blueprint.post("/approval-sheet/issue")
def issue(deal_id: int) -> ResponseReturnValue:
    """Draw and seal the sheet, keep it, and log its hash. One that says the same is handed out again."""
    for _time in range(_TRIES):
        with reading() as session:
            sheet = approval_sheet(session, actor(), deal_id)
            ready = still_good(session, sheet)
            fields = labels_of(session, actor(), deal_id)
        if ready is not None:
            return redirect(url_for("approval_sheets.download_proof", deal_id=deal_id, sha256=ready.sha256), code=303)
        drawn = sealed_pdf(sheet, fields)
        try:
            with writing() as session:
                sha256 = issue_sheet(session, deal_id, drawn, actor=actor(), clock=services().clock)
        except SheetChanged:
            continue  # somebody did a step meanwhile: it belongs on the sheet
        return redirect(url_for("approval_sheets.download_proof", deal_id=deal_id, sha256=sha256), code=303)
    raise SheetChanged


@blueprint.post("/approval-sheet/<int:number>/signature")
def attach(deal_id: int, number: int) -> ResponseReturnValue:
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise InvalidInput({"file": FieldRequired(label=N_("File"))})
        with writing() as session:
            attach_signature(
                session,
                deal_id,
                number,
                given.filename,
                given.stream.read(SIZE_LIMIT + 1),
                actor=actor(),
                clock=services().clock,
            )
    except NotFound:
        raise
    except DomainError as error:
        return _page(deal_id, number, error)
    flash(_("The signature file is attached to the decision; its hash is in the history."), "success")
    return redirect(url_for("approval_sheets.show", deal_id=deal_id, _anchor=f"decision-{number}"), code=303)


@blueprint.get("/approval-sheet/files/<sha256>")
def download_proof(deal_id: int, sha256: str) -> ResponseReturnValue:
    """A sheet that was issued, or a signature that was attached."""
    with reading() as session:
        entry, content = proof_file(session, actor(), deal_id, sha256)
        sheet = approval_sheet(session, actor(), deal_id)
    is_sheet = "locale" in entry.data
    name = f"approval-sheet-{sheet.number}-{entry.data['number']}.pdf" if is_sheet else str(entry.data["name"])
    return attachment(content, _PDF if is_sheet else _SIGNATURE, name)


def _page(deal_id: int, number: int = 0, error: DomainError | None = None) -> ResponseReturnValue:
    """``number`` is the decision to which something could not be attached."""
    with reading() as session:
        view = deal_view(session, actor(), deal_id, now())
        sheet = approval_sheet(session, actor(), deal_id)
        fields = labels_of(session, actor(), deal_id)
        kept = kept_papers(session, sheet)
    by_number = {one.number: one for one in sheet.entries}
    decisions = [
        {
            "told": one,
            "word": word_of(one),
            "tone": tone_of(one.outcome),
            "content": tuple(content_rows(one, fields)),
            "files": tuple(content_files(sheet, one)),
            "proved": proof_of_person(one),
            "erased": erasures_of(sheet, one),
            "signature": sheet.signatures.get(one.number),
            "attached": [(entry, moment(entry.data.get("signed_at"))) for entry in sheet.attached_to(one.number)],
            "may_attach": may_attach(actor(), view.row.owner_id, by_number[one.number]),
            "errors": field_errors(error) if error is not None and one.number == number else {},
        }
        for one in sheet.decisions
    ]
    page = render_template(
        "deals/approval_sheet.html",
        view=view,
        sheet=sheet,
        decisions=decisions,
        notes=notes_of(sheet),
        issued=issued_sheets(sheet),
        issued_hashes={one.sha256 for one in issued_sheets(sheet)},
        kept_hashes=kept,
        no_longer_counting=sheet.no_longer_counting,
    )
    return page, status_of(error) if error is not None else 200
