"""What comes next in a practice, and the letters that a real deal would have sent, in words."""

from __future__ import annotations

from engine.errors import N_
from engine.model.notice import NoticeKind
from engine.queries.practices import Ahead, WouldBeLetter
from webui.i18n import _

_AHEAD = {
    "deadline": N_("Deadline of “%(name)s”"),
    "timer": N_("Timer “%(name)s”"),
    "escalation": N_("Lateness of “%(name)s”: the next measure"),
}
_LETTERS = {
    NoticeKind.DEADLINE_NEAR: N_("reminder about “%(step)s”"),
    NoticeKind.DEADLINE_PASSED: N_("“%(step)s” is late"),
    NoticeKind.STEP_LATE: N_("“%(step)s” is late"),
    NoticeKind.STEP_HANDED: N_("“%(step)s” was handed over because it was late"),
}


def ahead_words(ahead: Ahead) -> str:
    return _(_AHEAD[ahead.kind], name=ahead.name)


def letter_words(letter: WouldBeLetter) -> str:
    """What the letter is about; a kind that is not known here is told by the step alone."""
    known = {notice.value: text for notice, text in _LETTERS.items()}
    return _(known.get(letter.notice, N_("about “%(step)s”")), step=letter.step)
