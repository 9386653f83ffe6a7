"""Why an accepted expression gave no answer for a deal's data. The caller makes an incident of it."""

from __future__ import annotations

from engine.errors import N_, DomainError


class ExpressionFailed(DomainError):
    """No answer for this data. Never a reason to take the default flow."""

    code = "EXPRESSION_FAILED"
    template = N_("The expression “%(text)s” has no answer for this data.")


class NullCondition(ExpressionFailed):
    """``names`` holds the dotted names without a value, separated by commas."""

    code = "NULL_CONDITION"
    template = N_("The condition “%(text)s” cannot be decided: nothing is filled in for %(names)s.")


class ConditionWithoutAnswer(ExpressionFailed):
    """``operands``, where there are any, are what it works with: name (may be empty), kind and value, as texts."""

    code = "CONDITION_WITHOUT_ANSWER"
    template = N_("The condition “%(text)s” has no answer for these values.")


class DividesByZero(ConditionWithoutAnswer):
    """``operands`` is the divisor."""

    code = "DIVIDES_BY_ZERO"
    template = N_("The condition “%(text)s” divides by zero: %(operands)s.")


class NotCalculable(ConditionWithoutAnswer):
    code = "NOT_CALCULABLE"
    template = N_("The condition “%(text)s” cannot be calculated with these values: %(operands)s.")


class KindsDoNotCompare(ConditionWithoutAnswer):
    code = "KINDS_DO_NOT_COMPARE"
    template = N_("The condition “%(text)s” compares what cannot be compared: %(operands)s.")


class NoSuchItem(ConditionWithoutAnswer):
    """``operands`` is the list."""

    code = "NO_SUCH_ITEM"
    template = N_("The condition “%(text)s” takes entry %(item)s of a list that has none: %(operands)s.")


class ValueNotReadable(ConditionWithoutAnswer):
    """``expected`` is what the operands should be read as, in marked words."""

    code = "VALUE_NOT_READABLE"
    template = N_("In the condition “%(text)s” this cannot be read as %(expected)s: %(operands)s.")


class ConditionNotYesOrNo(ExpressionFailed):
    """``kind`` is what it gave instead, in marked words; ``value`` may be empty."""

    code = "CONDITION_NOT_YES_OR_NO"
    template = N_("The condition “%(text)s” must give yes or no, and gave %(kind)s.")


class YesOrNoExpected(ExpressionFailed):
    code = "YES_OR_NO_EXPECTED"
    template = N_("In “%(text)s” every part beside “and”, “or” and “not” must be a yes or a no; one is not.")


class ValueTooLarge(ExpressionFailed):
    code = "VALUE_TOO_LARGE"
    template = N_(
        "A value in “%(text)s” is too large: a list may have 1,000 entries, a text 10,000 characters, a number 34 "
        "digits."
    )


class ValueNotAllowed(ExpressionFailed):
    """``kind`` in marked words."""

    code = "VALUE_NOT_ALLOWED"
    template = N_("“%(text)s” works with %(kind)s, and a value of that kind cannot be used or kept there.")


class TooManySteps(ExpressionFailed):
    code = "EXPRESSION_TOO_MANY_STEPS"
    template = N_("“%(text)s” takes more than %(limit)s operations for this data: a list or a text in it is too long.")


class DataNestedTooDeeply(ExpressionFailed):
    code = "DATA_NESTED_TOO_DEEPLY"
    template = N_("“%(text)s” reads data that is too deep: lists in lists in lists.")
