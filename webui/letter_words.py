"""What became of letters, and why something that came with one was not kept."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import N_
from engine.model.client_letter import ClientLetterState
from engine.queries.client_letters import ClientLetterRow
from webui.i18n import _

_LEFT_OUT: Mapping[str, str] = {
    "content_gone": N_("was not stored"),
    "deal_holds_too_much": N_("the deal has no room for it"),
    "file_content_differs": N_("is not what its name says"),
    "file_erased": N_("a file was erased before the letter left: it left without it"),
    "file_empty": N_("is empty"),
    "file_holds_macros": N_("holds macros"),
    "file_kind_not_allowed": N_("files of this kind are not taken"),
    "file_too_large": N_("is too large"),
    "letter_inside": N_("a letter inside this letter; only its files are kept"),
    "not_whole": N_("the letter is too large to be read to its end"),
    "storage_full": N_("there is no room for files here; tell the administrator"),
    "text_too_long": N_("the text is longer than what is shown"),
    "too_many_files": N_("too many files in one letter"),
}


def letter_state_word(letter: ClientLetterRow) -> str:
    """What became of a letter; nothing of one that simply came from the client."""
    match letter.state:
        case ClientLetterState.WAITING:
            return _("not sent yet, tried again by itself") if letter.error else _("queued")
        case ClientLetterState.SENT:
            return _("sent, not to everybody") if letter.error else _("sent")
        case ClientLetterState.UNSENT:
            return _("not sent: no mail server is set")
        case ClientLetterState.INCOMPLETE:
            return _("not sent: a file of it was erased")
        case ClientLetterState.RECEIVED:
            told = (_("automatic answer"), letter.is_automatic), (_("unknown sender"), not letter.is_known)
            return ", ".join(word for word, is_so in told if is_so)
        case _:
            return _("not delivered")


def left_out_words() -> dict[str, str]:
    """By the code of the reason."""
    return {code: _(text) for code, text in _LEFT_OUT.items()}
