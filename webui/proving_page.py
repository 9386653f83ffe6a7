"""The approval sheet as one page that checks itself, without a network and without us: for the other side's lawyer.

The page is the same for every sheet, to the byte, except for the sheet in it: so this program can also tell whether the
page around a sheet was changed to say what the sheet does not.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from engine.errors import N_
from tasks.words import catalogue
from webui.static_files import DIST, FrontEndNotBuilt

_TEXTS: Mapping[str, str] = {
    "title": N_("Approval sheet"),
    "is_whole": N_("The sheet is whole"),
    "is_altered": N_("The sheet was altered"),
    "all_signed": N_(
        "Every entry has the content that was signed, none is missing and none was added. To know that the company "
        "itself signed, compare the key below with the one that it publishes."
    ),
    "some_unsigned": N_(
        "Every entry fits the one before it. Some entries have no signature: they were recorded before signing began, "
        "or only seconds before the sheet was made."
    ),
    "entry": N_("Entry %(number)s"),
    "the_whole": N_("The sheet as a whole"),
    "unreadable": N_("it is not in the form of an entry"),
    "misreported": N_("the sheet says something else than its entries"),
    "misnumbered": N_("entries are missing, doubled or moved"),
    "unlinked": N_("it does not follow the entry before it"),
    "head_differs": N_("the end of the chain is not the one that was recorded"),
    "unsigned": N_("it has no signature, although later ones have"),
    "not_signed_right": N_("its signature does not fit"),
    "key_unknown": N_("it is signed by a key that no known key vouches for"),
    "altered": N_("its content was altered"),
    "withheld": N_("a text is missing although nothing tells of its being erased"),
    "erased": N_("Erased"),
    "erased_on": N_("on %(day)s by %(name)s, entry № %(number)s. That nothing else was changed is still proven."),
    "erased_title": N_("Personal texts erased"),
    "basis": N_("Basis"),
    "erased_from": N_("From the entries"),
    "deal": N_("Deal"),
    "client": N_("Client"),
    "amount": N_("Amount"),
    "map": N_("Sales map"),
    "nothing_decided": N_("Nothing has been decided on this deal yet."),
    "approved": N_("Approved"),
    "returned": N_("Returned for rework"),
    "rejected": N_("Rejected"),
    "with_remarks": N_("Approved with remarks"),
    "approval_kept": N_("Stands from an earlier round: the content is the same"),
    "approval_asked_again": N_("Counts no more: the content has changed, it is asked for again"),
    "approval_recalled": N_("Who asked for the approval took the request back"),
    "approvals_spared": N_("The deal has passed it by: the client's card was another then"),
    "decided_by": N_("Decided by"),
    "on_behalf_of": N_("On behalf of"),
    "when": N_("When"),
    "comment": N_("Comment"),
    "authentication": N_("Proved anew who they are"),
    "by password": N_("by password"),
    "by password, code": N_("by password and a code from the phone"),
    "by password, recovery code": N_("by password and a recovery code"),
    "by provider": N_("by signing in anew with the company’s account"),
    "by provider, code": N_("by signing in anew with the company’s account, and a code from the phone"),
    "by provider, recovery code": N_("by signing in anew with the company’s account, and a recovery code"),
    "content": N_("What was decided on"),
    "content_title": N_("Title"),
    "content_client": N_("Client"),
    "content_amount": N_("Amount"),
    "content_currency": N_("Currency"),
    "content_close_date": N_("Close date"),
    "content_file": N_("File"),
    "content_hash": N_("Hash of the content"),
    "entry_hash": N_("Hash of the entry"),
    "signature": N_("Signature"),
    "not_signed": N_("not signed yet when the sheet was made"),
    "attached": N_("Signature file attached"),
    "passed_over": N_("passed over without being given"),
    "moved_by": N_("Moved by"),
    "meaning_title": N_("What this is, and what it is not"),
    "meaning": N_(
        "Each decision was given by a person signed in under their own name: a simple electronic signature. Hashes and "
        "the company's signature over every entry prove that nothing was changed afterwards."
    ),
    "meaning_not": N_(
        "It is not a qualified electronic signature (КЕП) and does not prove who the person was beyond their account. "
        "Signature files that are attached were made elsewhere; Reglament has not checked them against a trusted list."
    ),
    "proof_title": N_("The proof"),
    "proof": N_(
        "Every entry of the deal's history holds the hash of the one before it (SHA-256) and is signed with Ed25519. "
        "This page has recomputed all of it here, without a network."
    ),
    "key": N_("Key"),
    "entries": N_("All entries of the history"),
    "number": N_("№"),
    "kind": N_("Event"),
    "who": N_("Who"),
    "hash": N_("Hash"),
    "position": N_("Place among all"),
    "kyiv": N_("Kyiv time"),
}
_BEGIN, _END = '<div id="sheet" hidden>', "</div>\n"


def proving_page(sheet: bytes, *, locale: str = "uk", dist: Path = DIST) -> bytes:
    """The page around a sheet that ``approval_sheet_file.sheet_bytes`` wrote; it opens in ``locale``.

    Raises FrontEndNotBuilt.
    """
    script = dist / "verifier" / "verifier.js"
    try:
        built_at = script.stat().st_mtime_ns
    except FileNotFoundError:
        raise FrontEndNotBuilt from None
    before, after = _around(locale, dist, built_at)
    return f"{before}{_BEGIN}{_escaped(sheet.decode())}{_END}{after}".encode()


def sheet_in(page: bytes) -> bytes | None:
    """The sheet inside a page, whatever else is in it; None where there is none."""
    begin = page.find(_BEGIN.encode())
    end = page.find(_END.encode(), begin)
    if begin < 0 or end < 0:
        return None
    inner = page[begin + len(_BEGIN) : end]
    return inner.replace(b"&lt;", b"<").replace(b"&amp;", b"&")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@lru_cache(maxsize=4)
def _around(locale: str, dist: Path, _built_at: int) -> tuple[str, str]:
    script = (dist / "verifier" / "verifier.js").read_text(encoding="utf-8")
    style = (dist / "verifier" / "verifier.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src '{_hash_of(script)}'; style-src '{_hash_of(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    before = (
        f'<!doctype html>\n<html lang="{locale}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>Reglament</title>\n<style>{style}</style>\n</head>\n<body>\n"
        '<main id="shown"></main>\n'
    )
    after = (
        f'<script type="application/json" id="texts">{_texts()}</script>\n<script>{script}</script>\n</body>\n</html>\n'
    )
    return before, after


def _texts() -> str:
    texts = {
        locale: {name: catalogue(locale).gettext(text) for name, text in _TEXTS.items()} for locale in ("uk", "en")
    }
    texts["uk"]["language"], texts["en"]["language"] = "Українською", "English"
    return json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c")


def _hash_of(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
