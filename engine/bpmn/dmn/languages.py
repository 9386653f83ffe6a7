"""Expressions of a DMN file in the notation that the expression language tells apart: FEEL, JUEL, anything else."""

from __future__ import annotations

from engine.bpmn.dmn.drawn import DecisionFile, DrawnText


def is_feel(drawn: DrawnText) -> bool:
    """FEEL is the standard's own language, and the one of a text that says nothing."""
    if drawn.text.startswith(("${", "#{")):
        return False
    return not drawn.language or "feel" in drawn.language.casefold()


def as_expression(drawn: DrawnText, file: DecisionFile) -> str:
    """The text with the mark of its language, as ``compile_expression`` reads it."""
    text = drawn.text
    if is_feel(drawn):
        return "=" + file.with_identifiers(text.removeprefix("="))
    if drawn.language.casefold() == "juel" and not text.startswith(("${", "#{")):
        return "${" + text + "}"
    return text
