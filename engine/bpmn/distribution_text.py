"""How a department's step finds its person, as owners write it: in English or Ukrainian, in any case."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.compiled import Distribution

_WORDS: Mapping[Distribution, Mapping[str, tuple[str, ...]]] = {
    Distribution.CLAIM: {
        "en": ("whoever takes it", "claim", "take", "anybody"),
        "uk": ("хто візьме", "хто перший візьме", "беруть самі", "вільно"),
    },
    Distribution.LEAST_LOADED: {
        "en": ("least loaded", "least busy", "the least loaded"),
        "uk": ("найменш завантажений", "найменш завантаженому", "найменш завантажена", "у кого менше кроків"),
    },
    Distribution.ROUND_ROBIN: {
        "en": ("in turn", "round robin", "by turns"),
        "uk": ("по черзі", "по колу", "почергово"),
    },
    Distribution.OWNER: {
        "en": ("deal owner", "owner", "the deal's owner"),
        "uk": ("власник угоди", "власнику угоди", "власник"),
    },
    Distribution.LAST: {
        "en": ("who knows the client", "last", "last of the client", "client's last"),
        "uk": ("хто вів клієнта", "останній з клієнтом", "хто працював з клієнтом", "останній"),
    },
}


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").replace("’", "'").split()).rstrip(".")


_NAMED: Mapping[str, Distribution] = {
    _folded(word): distribution
    for distribution, languages in _WORDS.items()
    for words in languages.values()
    for word in words
}


def distribution_named(text: str) -> Distribution | None:
    """What the words mean, None for words that mean nothing here."""
    return _NAMED.get(_folded(text))


def distribution_words(language: str) -> Mapping[Distribution, str]:
    """How each is written, the first spelling of the language."""
    return {one: words["uk" if language == "uk" else "en"][0] for one, words in _WORDS.items()}
