"""What a letter is quoted as in its answer."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.policy.permissions import Actor
from engine.queries.client_letters import ClientLetterRow, letter_of_deal
from webui.formats import local
from webui.i18n import _

LONGEST_QUOTE = 15_000
"""In characters; of a longer one the beginning is quoted."""


def quotation(session: Session, actor: Actor, deal_id: int, letter_id: int | None) -> str:
    """The letter with all that it quotes, each line marked, below who wrote it and when, in the reader's language.

    Nothing of a letter that was erased, or is not of the deal.
    """
    try:
        letter = letter_of_deal(session, actor, deal_id, letter_id) if letter_id is not None else None
    except NotFound:
        letter = None
    return _quoted(letter) if letter is not None and not letter.is_erased else ""


def _quoted(letter: ClientLetterRow) -> str:
    at = local(letter.sent_at or letter.written_at).strftime("%d.%m.%Y, %H:%M")  # with its year: it is kept
    who = letter.writer or " ".join(filter(None, [letter.sender_name, f"<{letter.sender}>"]))
    head = _("%(at)s, %(who)s wrote:", at=at, who=who)
    said = "\n\n".join(part for part in (letter.text, letter.quoted) if part)
    lines = [f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in said.split("\n")]
    return "\n".join([head, *_within(lines, LONGEST_QUOTE)])


def _within(lines: list[str], most: int) -> list[str]:
    """Whole lines, as many as fit."""
    kept, length = [], 0
    for line in lines:
        length += len(line) + 1
        if length > most:
            break
        kept.append(line)
    return kept
