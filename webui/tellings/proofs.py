"""How proofs are told: keys, seals, sheets that were issued, signatures that were attached."""

from __future__ import annotations

from collections.abc import Mapping

from webui.i18n import _
from webui.tellings.words import Telling

TELLINGS: Mapping[str, Telling] = {
    "history_key_changed": Telling(
        "key", "neutral", lambda data: _("The history is signed with a new key, %(key)s", key=data["key"])
    ),
    "seal_changed": Telling(
        "shield-check", "neutral", lambda data: _("Approval sheets are sealed by “%(owner)s” now", owner=data["owner"])
    ),
    "sheet_issued": Telling(
        "writing-sign",
        "neutral",
        lambda data: _("Sealed approval sheet issued, SHA-256 %(hash)s…", hash=data["sha256"][:12]),
    ),
    "signature_attached": Telling(
        "paperclip",
        "neutral",
        lambda data: _(
            "Signature file “%(file)s” attached to the decision “%(step)s”; in it, as it says, %(signer)s",
            file=data["name"],
            step=data["step"],
            signer=data["signer"] or "—",
        ),
    ),
}
