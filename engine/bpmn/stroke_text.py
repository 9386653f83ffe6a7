"""How many words fit into a box, measured without a font: close enough for any plain sans-serif."""

from __future__ import annotations

_NARROW = frozenset("іїІЇjltfirI.,:;!'|()[]`-ʼ’ ")
_WIDE = frozenset("шщжюмыфШЩЖЮМФДWMwm@%—…")
_NARROW_WIDTH, _WIDTH, _CAPITAL_WIDTH, _WIDE_WIDTH = 0.36, 0.6, 0.7, 0.88


def width_of(text: str, size: float) -> float:
    """How wide a line is, a little too wide rather than too narrow."""
    return size * sum(_letter(one) for one in text)


def lines_of(words: str, width: float, size: float) -> tuple[str, ...]:
    """The words in lines of at most ``width``; a word that is longer is broken."""
    lines: list[str] = []
    line = ""
    for word in words.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *broken, line = _broken(word, width, size)
        lines += broken
    return (*lines, line) if line else tuple(lines)


def fitted(words: str, width: float, most: int, size: float) -> tuple[str, ...]:
    """At most ``most`` lines; what does not fit is left out, and an ellipsis says so."""
    lines = lines_of(words, width, size)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and width_of(f"{last}…", size) > width:
        last = last[:-1]
    return (*lines[: most - 1], f"{last.rstrip()}…")


def _broken(word: str, width: float, size: float) -> list[str]:
    parts = [""]
    for letter in word:
        if parts[-1] and width_of(parts[-1] + letter, size) > width:
            parts.append("")
        parts[-1] += letter
    return parts


def _letter(letter: str) -> float:
    if letter in _NARROW:
        return _NARROW_WIDTH
    if letter in _WIDE:
        return _WIDE_WIDTH
    return _CAPITAL_WIDTH if letter.isupper() else _WIDTH
