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
    template = N_("The condition “%(text)s” cannot be decided: %(names)s has no value.")


class ConditionWithoutAnswer(ExpressionFailed):
    code = "CONDITION_WITHOUT_ANSWER"
    template = N_("The condition “%(text)s” compares values of different kinds.")


class ConditionNotYesOrNo(ExpressionFailed):
    code = "CONDITION_NOT_YES_OR_NO"
    template = N_("The condition “%(text)s” must give yes or no and gave something else.")


class YesOrNoExpected(ExpressionFailed):
    code = "YES_OR_NO_EXPECTED"
    template = N_("A yes or no was expected on each side of “and”, “or” and “not”.")


class ValueTooLarge(ExpressionFailed):
    code = "VALUE_TOO_LARGE"
    template = N_("A value is larger than expressions may use.")


class ValueNotAllowed(ExpressionFailed):
    code = "VALUE_NOT_ALLOWED"
    template = N_("A value of the kind “%(kind)s” cannot be used in expressions.")


class TooManySteps(ExpressionFailed):
    code = "EXPRESSION_TOO_MANY_STEPS"
    template = N_("The expression needs more than %(limit)s steps.")


class DataNestedTooDeeply(ExpressionFailed):
    code = "DATA_NESTED_TOO_DEEPLY"
    template = N_("The data of the expression is nested too deeply.")
