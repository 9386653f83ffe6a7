"""A decision as a CompiledProcess carries it: everything that evaluating it and showing it needs, and nothing of XML.

Texts named ``…_text`` and ``text`` are as their author wrote them; what is evaluated stands beside them, in the
notation of ``engine.bpmn.expressions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

CELL_VALUE = "cellInput"  # by which a condition in a cell names the column's value, where the file gives no other name


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class ValueKind(StrEnum):
    """What a column holds. ``any``: the file does not say, or says a type of its own that is no plain value."""

    ANY = "any"
    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    DURATION = "duration"


class HitPolicy(StrEnum):
    """The values are those of the standard."""

    UNIQUE = "UNIQUE"
    ANY = "ANY"
    PRIORITY = "PRIORITY"
    FIRST = "FIRST"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"

    @property
    def is_single(self) -> bool:
        """Whether the table gives one result, whatever number of rules matches."""
        return self in {HitPolicy.UNIQUE, HitPolicy.ANY, HitPolicy.PRIORITY, HitPolicy.FIRST}

    @property
    def is_by_priority(self) -> bool:
        """Whether results are ordered by the order of the output's allowed values."""
        return self in {HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER}


class Aggregator(StrEnum):
    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    COUNT = "COUNT"


class TableInput(_Frozen):
    """A column of conditions. ``allowed`` are unary tests that its value has to pass, or empty."""

    label: str
    expression: str
    expression_text: str
    kind: ValueKind = ValueKind.ANY
    allowed: str = ""
    value_name: str = CELL_VALUE


class TableOutput(_Frozen):
    """A column of results. ``default`` is an expression for the case that no rule matches, or empty."""

    name: str
    label: str
    kind: ValueKind = ValueKind.ANY
    allowed: str = ""
    default: str = ""
    default_text: str = ""


class InputCell(_Frozen):
    """``tests`` are unary tests; a cell in another language than FEEL is a ``condition`` that has to be true.

    Neither: every value passes.
    """

    text: str
    tests: str = ""
    condition: str = ""


class OutputCell(_Frozen):
    """An empty ``expression`` gives nothing (null)."""

    text: str
    expression: str = ""


class TableRule(_Frozen):
    inputs: tuple[InputCell, ...]
    outputs: tuple[OutputCell, ...]
    annotations: tuple[str, ...] = ()
    line: int | None = None


class DecisionTable(_Frozen):
    type: Literal["table"] = "table"
    hit_policy: HitPolicy
    aggregator: Aggregator | None = None
    inputs: tuple[TableInput, ...]
    outputs: tuple[TableOutput, ...]
    rules: tuple[TableRule, ...]
    annotation_names: tuple[str, ...] = ()

    @property
    def gives_one(self) -> bool:
        """One result, and not a list of them."""
        return self.hit_policy.is_single or self.aggregator is not None


class LiteralDecision(_Frozen):
    """A decision that is one expression."""

    type: Literal["expression"] = "expression"
    expression: str
    text: str
    kind: ValueKind = ValueKind.ANY


class Decision(_Frozen):
    """``key`` is unique in the map, ``source_id`` the id in the file.

    ``result_name`` is the name under which a decision that needs this one reads its result. ``required`` are the keys
    of the decisions that this one needs, in the order of the file; there is no circle among them.
    """

    key: str
    source_id: str
    name: str
    result_name: str
    logic: Annotated[DecisionTable | LiteralDecision, Field(discriminator="type")]
    required: tuple[str, ...] = ()
    file: str = ""
    line: int | None = None

    @property
    def title(self) -> str:
        """What to call it in front of people."""
        return self.name or self.source_id


class ResultShape(StrEnum):
    """What a business rule task keeps of a decision.

    ``outputs``: each output under its own name. The others keep one variable: ``standard`` the result as DMN defines
    it; the rest are Camunda's ``mapDecisionResult``.
    """

    OUTPUTS = "outputs"
    STANDARD = "standard"
    SINGLE_ENTRY = "singleEntry"
    SINGLE_RESULT = "singleResult"
    COLLECT_ENTRIES = "collectEntries"
    RESULT_LIST = "resultList"


class DecisionTask(_Frozen):
    """How a business rule task decides. ``decision`` is a key; ``writes`` are the root names that it may write.

    ``inputs`` and ``outputs`` are expressions by name: values that only the decision sees, and what is kept of its
    result beside, or (``only_outputs``) instead of, the result itself.
    """

    decision: str
    shape: ResultShape = ResultShape.OUTPUTS
    result_variable: str = ""
    inputs: Mapping[str, str] = {}
    outputs: Mapping[str, str] = {}
    only_outputs: bool = False
    writes: tuple[str, ...] = ()
