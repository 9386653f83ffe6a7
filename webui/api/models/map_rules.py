"""Rules of a map: examples of deals with what must become of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from engine.policy.map_rules import Expected, Rule, RuleRun
from engine.policy.map_rules import Given as GivenDeal
from webui.api.models.values import Given, Told

_Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Value = str | bool | int | list[str] | None
_EXAMPLE: dict[str, Any] = {
    "name": "15 % goes to the head and to finance",
    "given": {"values": {"discount": "15"}, "outcomes": {"sign_contract": ["b2b_signed"]}},
    "expected": {"through": ["approve_by_head", "approve_by_finance"], "not_through": [], "ends": "won"},
}


class RuleGiven(Given):
    """The deal of the example."""

    values: dict[_Id, _Value] = Field(
        default={},
        max_length=100,
        description="By the names that the map uses: `discount`, `deal.amount`, `client.segment`. Numbers as texts.",
    )
    outcomes: dict[_Id, tuple[_Id, ...]] = Field(
        default={},
        max_length=100,
        description="By a step's id in the file: its outcomes, turn by turn. Others are completed or approved.",
    )


class RuleExpected(Given):
    """What must become of it. Steps are named by their ids in the file."""

    through: tuple[_Id, ...] = Field(default=(), max_length=300)
    not_through: tuple[_Id, ...] = Field(default=(), max_length=300)
    ends: Literal["", "won", "lost"] = Field(default="", description="Empty: it does not matter how.")


class RuleItem(Given):
    """A rule of a map."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    name: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    given: RuleGiven = RuleGiven()
    expected: RuleExpected = RuleExpected()

    def rule(self) -> Rule:
        return Rule(
            name=self.name,
            given=GivenDeal(values=dict(self.given.values), outcomes=dict(self.given.outcomes)),
            expected=Expected(
                through=self.expected.through, not_through=self.expected.not_through, ends=self.expected.ends
            ),
        )

    @classmethod
    def of(cls, rule: Rule) -> RuleItem:
        told: dict[str, Any] = rule.model_dump(mode="json")
        return cls.model_validate(told)


class RuleList(Given):
    """All rules of a map, in their order."""

    rules: tuple[RuleItem, ...] = Field(max_length=50)


class RuleFailureItem(Told):
    problem: str = Field(description="In the reader's language.")
    element_id: str
    element_name: str


class RuleStepItem(Told):
    element_id: str
    name: str
    outcome: str | None = Field(description="Null where the step was withdrawn before its turn.")


class RuleRunItem(Told):
    """What became of a rule's deal."""

    name: str
    passed: bool
    failures: tuple[RuleFailureItem, ...]
    way: tuple[RuleStepItem, ...] = Field(description="The steps in the order in which the deal reached them.")
    ends: str = Field(description="`won`, `lost`, or empty where the deal did not come to an end.")

    @classmethod
    def of(cls, run: RuleRun, problems: tuple[str, ...]) -> RuleRunItem:
        return cls(
            name=run.rule.name,
            passed=run.passed,
            failures=tuple(
                RuleFailureItem(problem=problem, element_id=failure.element_id, element_name=failure.name)
                for failure, problem in zip(run.failures, problems, strict=True)
            ),
            way=tuple(
                RuleStepItem(element_id=one.element_id, name=one.name, outcome=one.outcome.id if one.outcome else None)
                for one in run.way
            ),
            ends=run.ends,
        )


class RuleRuns(Told):
    """What became of every rule on one version."""

    passed: bool = Field(description="Whether all rules hold: else the version cannot be published.")
    runs: tuple[RuleRunItem, ...]
