"""Why a decision gave no answer for a deal's data. Each names the table; an incident is made of it."""

from __future__ import annotations

from engine.errors import N_, DomainError


class DecisionFailed(DomainError):
    """The base of all: no answer for this data, and never a reason to go on with another one."""

    code = "DECISION_FAILED"
    template = N_("The table “%(table)s” has no answer for this data.")


class RulesContradict(DecisionFailed):
    """Several rules match under the hit policy UNIQUE."""

    code = "RULES_CONTRADICT"
    template = N_("In the table “%(table)s” only one rule may match, but these do: %(rules)s.")


class RulesDisagree(DecisionFailed):
    """Rules that match give different results under the hit policy ANY."""

    code = "RULES_DISAGREE"
    template = N_("In the table “%(table)s” rules that match must agree, but these do not: %(rules)s.")


class SeveralResults(DecisionFailed):
    """The task keeps one result, and the table gave several."""

    code = "SEVERAL_RESULTS"
    template = N_("The task keeps one result of the table “%(table)s”, but these rules match: %(rules)s.")


class InputOfAnotherKind(DecisionFailed):
    code = "INPUT_OF_ANOTHER_KIND"
    template = N_("In the table “%(table)s” the column “%(column)s” cannot take the value “%(value)s”.")


class InputNotAllowed(DecisionFailed):
    code = "INPUT_NOT_ALLOWED"
    template = N_("“%(value)s” is none of the values that the column “%(column)s” of the table “%(table)s” allows.")


class OutputOfAnotherKind(DecisionFailed):
    code = "OUTPUT_OF_ANOTHER_KIND"
    template = N_(
        "Rule %(rule)s of the table “%(table)s” gives “%(value)s”, which the column “%(column)s” cannot take."
    )


class OutputNotAllowed(DecisionFailed):
    code = "OUTPUT_NOT_ALLOWED"
    template = N_(
        "Rule %(rule)s of the table “%(table)s” gives “%(value)s”, which the column “%(column)s” does not allow."
    )


class NotAggregatable(DecisionFailed):
    """Only numbers have a sum; only values of one kind have a smallest and a largest."""

    code = "NOT_AGGREGATABLE"
    template = N_("The results of the rules %(rules)s of the table “%(table)s” cannot be added or compared.")


class CellFailed(DecisionFailed):
    code = "CELL_FAILED"
    template = N_("In the table “%(table)s”, rule %(rule)s, “%(text)s” has no answer for this data.")


class InputFailed(DecisionFailed):
    code = "DECISION_INPUT_FAILED"
    template = N_("In the table “%(table)s” the column “%(column)s” (%(text)s) has no answer for this data.")
