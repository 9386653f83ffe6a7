"""Script tasks may give variables their values, one a line, and do nothing else."""

from __future__ import annotations

import re
from typing import Final

from engine.bpmn.expressions.expression import compile_expression
from engine.bpmn.expressions.grammar import CONSTANTS, RESERVED
from engine.bpmn.expressions.limits import MAX_ASSIGNMENTS, MAX_SCRIPT_CHARACTERS
from engine.bpmn.expressions.refusals import ExpressionRefused, NotAnAssignment, ScriptTooLong

# The facts of a deal are read from its own tables: a script that seemed to change them would change nothing.
FACTS: Final = frozenset({"deal", "client", "owner", "today", "now"})
_ASSIGNMENT: Final = re.compile(r"([^\W\d_]\w*)[ \t]*=(?!=)[ \t]*(.+)")


def compile_assignments(script: str) -> tuple[tuple[str, str], ...]:
    """(variable, expression text) by line, in order. Empty lines and lines that begin with "#" or "//" are skipped.

    The expressions are plain, or JUEL in ``${ }``. Raises ExpressionRefused whose ``line`` counts from 1.
    """
    if len(script) > MAX_SCRIPT_CHARACTERS:
        raise ScriptTooLong(limit=MAX_SCRIPT_CHARACTERS, lines=MAX_ASSIGNMENTS)
    assignments = []
    for number, line in enumerate(script.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", "//")):
            continue
        assignments.append(_assignment(stripped, number))
        if len(assignments) > MAX_ASSIGNMENTS:
            raise ScriptTooLong(line=number, limit=MAX_SCRIPT_CHARACTERS, lines=MAX_ASSIGNMENTS)
    return tuple(assignments)


def _assignment(line: str, number: int) -> tuple[str, str]:
    match = _ASSIGNMENT.fullmatch(line.removesuffix(";"))
    if match is None:
        raise NotAnAssignment(line=number)
    name, text = match.groups()
    text = text.strip()
    if name in RESERVED or name in CONSTANTS or name in FACTS:
        raise NotAnAssignment(line=number)
    try:
        compile_expression(text)
    except ExpressionRefused as refusal:
        refusal.line = number
        raise
    return name, text
