"""Text as a reader sees it: letters in one spelling, without signs that nobody sees."""

from __future__ import annotations

import re
import unicodedata

# Zero-width spaces, soft hyphens, marks of the direction of writing. The joiner inside of signs such as 👨‍💼 stays.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def legible(text: str) -> str:
    """``text`` as it looks: some tools write й as two letters, and pages that are copied from hide signs in words."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text))
