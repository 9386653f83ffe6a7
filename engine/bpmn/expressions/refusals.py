"""Why a text is not accepted as an expression: said when a map is read, long before a deal runs it."""

from __future__ import annotations

from typing import Any

from engine.errors import N_, DomainError


class ExpressionRefused(DomainError):
    """The text is no expression of ours. ``position`` counts characters of the text from 0, ``line`` lines from 1."""

    code = "EXPRESSION_REFUSED"
    template = N_("The expression cannot be read.")

    def __init__(self, position: int = 0, *, line: int | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.position = position
        self.line = line


class EmptyExpression(ExpressionRefused):
    code = "EXPRESSION_EMPTY"
    template = N_("The expression is empty.")


class ExpressionTooLong(ExpressionRefused):
    code = "EXPRESSION_TOO_LONG"
    template = N_("The expression is longer than %(limit)s characters.")


class TooManyParts(ExpressionRefused):
    code = "EXPRESSION_TOO_MANY_PARTS"
    template = N_("The expression has more than %(limit)s parts. Split it over several steps.")


class NestedTooDeeply(ExpressionRefused):
    code = "EXPRESSION_NESTED_TOO_DEEPLY"
    template = N_("The expression has more than %(limit)s brackets inside one another.")


class UnexpectedCharacter(ExpressionRefused):
    code = "EXPRESSION_UNEXPECTED_CHARACTER"
    template = N_("The character “%(character)s” cannot stand in an expression.")


class UnclosedText(ExpressionRefused):
    code = "EXPRESSION_UNCLOSED_TEXT"
    template = N_("A text in quotation marks is not closed.")


class UnknownEscape(ExpressionRefused):
    code = "EXPRESSION_UNKNOWN_ESCAPE"
    template = N_("“%(escape)s” means nothing inside quotation marks.")


class NumberTooLong(ExpressionRefused):
    code = "EXPRESSION_NUMBER_TOO_LONG"
    template = N_("The number “%(number)s” is too long.")


class UnexpectedPart(ExpressionRefused):
    code = "EXPRESSION_UNEXPECTED_PART"
    template = N_("“%(part)s” is not expected here.")


class MissingPart(ExpressionRefused):
    code = "EXPRESSION_MISSING_PART"
    template = N_("“%(expected)s” is missing.")


class IncompleteExpression(ExpressionRefused):
    code = "EXPRESSION_INCOMPLETE"
    template = N_("The expression ends too early.")


class NameNotAllowed(ExpressionRefused):
    code = "EXPRESSION_NAME_NOT_ALLOWED"
    template = N_("“%(name)s” cannot be a name: names begin with a letter.")


class FunctionNotAvailable(ExpressionRefused):
    code = "EXPRESSION_FUNCTION_NOT_AVAILABLE"
    template = N_("There is no function “%(name)s”.")


class WrongNumberOfValues(ExpressionRefused):
    code = "EXPRESSION_WRONG_NUMBER_OF_VALUES"
    template = N_("The function “%(name)s” takes another number of values: from %(minimum)s to %(maximum)s.")


class MixedTemplate(ExpressionRefused):
    code = "EXPRESSION_MIXED_TEMPLATE"
    template = N_("Put the whole condition into one pair of ${ }, without text around it.")


class NotAnAssignment(ExpressionRefused):
    code = "SCRIPT_NOT_AN_ASSIGNMENT"
    template = N_("Line %(line)s: only “name = expression” can stand in a script.")


class ScriptTooLong(ExpressionRefused):
    code = "SCRIPT_TOO_LONG"
    template = N_("The script is longer than %(limit)s characters or has more than %(lines)s lines.")
