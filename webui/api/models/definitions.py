"""Sales maps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from flask_openapi3.models.file import FileStorage
from pydantic import ConfigDict, Field, StringConstraints

from engine.bpmn.compiled import StepKind
from engine.bpmn.dmn.model import Aggregator, HitPolicy, ValueKind
from engine.bpmn.step_cells import StepCell
from engine.bpmn.version_difference import Mark, Part
from engine.model.process_definition import DefinitionState
from webui.api.models.findings import FindingItem
from webui.api.models.steps import FieldItem, OutcomeItem
from webui.api.models.values import Given, GivenOrNothing, Id, Instant, Key, Listed, Paging, Told

Address = Annotated[str, StringConstraints(min_length=1, max_length=500)]
CellText = Annotated[str, StringConstraints(max_length=20_000)]


class DefinitionFiles(Given):
    """The map's file; or the map, the maps that it calls and their decision tables, apart or in one zip."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    file: list[FileStorage] = Field(description="BPMN 2.0 of any tool, DMN beside it, or a zip of such files.")


class DefinitionPath(Given):
    definition_id: Id = Field(description="The id of one version of a map.")


class DefinitionFilePath(DefinitionPath):
    position: int = Field(ge=0, le=1_000, description="From 0, in the order of the version's files.")


class DefinitionsQuery(Paging):
    key: Key | None = Field(default=None, description="Only the versions of this map.")
    status: DefinitionState | None = Field(default=None, description="Only versions in this state.")


class CheckedDefinition(Told):
    """What is noticed about a map; nothing was stored."""

    accepted: bool = Field(description="Whether the map can be executed: no finding is an error.")
    findings: tuple[FindingItem, ...]


class DeployedDefinition(Told):
    """A version as it was stored."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [{"id": 7, "key": "b2b-sale", "version": 3, "status": "draft", "revision": 1, "findings": []}]
        },
    )

    id: int
    key: str = Field(description="The id of the process in the file: deals are opened by it.")
    version: int = Field(description="Counts from 1 for each key.")
    status: DefinitionState
    revision: int = Field(description="What an edit of its steps names as read.")
    findings: tuple[FindingItem, ...] = Field(description="All that stands against publishing, and what was repaired.")


class DiscardedDefinition(Told):
    """A draft that is gone: what it was."""

    id: int
    key: str
    version: int
    name: str


class DefinitionItem(Told):
    """One version of a map. Those who only open deals see of it what they need for that."""

    id: int
    key: str
    name: str
    version: int
    status: DefinitionState
    created_at: datetime | None
    created_by: str
    published_at: datetime | None
    published_by: str
    published_note: str = Field(description="Why it was published, in the words of who published it.")
    retired_at: datetime | None
    errors: int | None = Field(description="How many findings are errors.")
    warnings: int | None
    running_deals: int | None = Field(description="Open deals that follow this version.")


class Publishing(GivenOrNothing):
    note: str = Field(default="", max_length=2_000, description="Why this version goes live, for those who look back.")


class ChangesQuery(Given):
    since: Id = Field(description="The id of another version of the same map: what it was before.")


class ChangeDetail(Told):
    """What about an element differs, in the reader's language."""

    what: str
    before: str
    now: str


class ChangeItem(Told):
    """Something that one of the two versions has otherwise."""

    part: Part
    mark: Mark
    name: str
    before_id: str = Field(description="The id in the earlier version's file; empty where it is not there.")
    now_id: str = Field(description="The id in this version's file; empty where it is not there.")
    text: tuple[str, ...] = Field(description="Each change as a sentence.")
    details: tuple[ChangeDetail, ...]


class DefinitionChanges(Told):
    """What a version of a map does otherwise than another one, steps in the order of the map."""

    since: int = Field(description="The earlier version's number.")
    version: int
    comparable: bool = Field(description="False while errors stand against executing one of the two.")
    changes: tuple[ChangeItem, ...]
    moved: tuple[str, ...] = Field(description="Ids of elements that stand elsewhere in the drawing.")


class FiguresQuery(Given):
    since: Instant | None = Field(default=None, description="Deals closed and steps done from then on.")
    until: Instant | None = Field(default=None, description="Up to, not including.")


class TimingItem(Told):
    """Working time by the company's calendar."""

    median_s: int | None = Field(description="Seconds; null where nothing was measured.")
    count: int = Field(description="Of how many, the newest ones.")


class StepFigures(Told):
    element_id: str = Field(description="The id in the uploaded file.")
    name: str
    time: TimingItem


class DefinitionFigures(Told):
    """How deals went that ended on this version."""

    won: int
    lost: int
    cancelled: int
    share_won: float | None = Field(description="Of won and lost deals, from 0 to 1.")
    enough: bool = Field(description="False while so few deals are finished that the share says nothing.")
    time_to_win: TimingItem
    time_to_lose: TimingItem
    steps: tuple[StepFigures, ...] = Field(description="Steps that somebody has done, from opened to done.")


class StepFactsQuery(Given):
    since: Instant | None = Field(default=None, description="Steps done from then on.")
    until: Instant | None = Field(default=None, description="Up to, not including.")


class StepFactsItem(Told):
    """How a step goes in work, over all versions of the map."""

    element_id: str = Field(description="The id in the uploaded file.")
    name: str
    done: int
    late: int = Field(description="Of the done ones, after their deadline.")
    returned: int = Field(description="Of the done ones, returned for rework.")
    open: int = Field(description="Now.")
    open_late: int
    moves: int = Field(description="How often a deal was sent here out of the map's order, ever.")
    share_late: float | None = Field(description="From 0 to 1; null where fewer than five are done.")
    time: TimingItem


class StepFactsReport(Told):
    """How the steps of a map go in work, in the map's order."""

    steps: tuple[StepFactsItem, ...]


class StageItem(Told):
    name: str
    position: int = Field(description="In the order of the map, from 0.")


class DefinitionFileItem(Told):
    name: str
    sha256: str
    size: int = Field(description="Bytes.")


class LinkedMapItem(Told):
    key: str
    version: int | None = Field(description="Null for a map that was never published here: the shipped one serves.")


class DefinitionDetail(DefinitionItem):
    """One version with everything that is known of it."""

    findings: tuple[FindingItem, ...]
    revision: int = Field(description="How often the draft was amended, from 1.")
    stages: tuple[StageItem, ...]
    files: tuple[DefinitionFileItem, ...]
    calls: tuple[LinkedMapItem, ...] = Field(description="Maps that are part of this version.")
    called_by: tuple[LinkedMapItem, ...] = Field(description="Published maps that this map is part of.")


class StepItem(Told):
    """A step as the map describes it."""

    address: str = Field(
        description="How an edit names the step; empty for a step that cannot be edited here: it is another map's."
    )
    cells: Mapping[StepCell, str] = Field(
        description="The step's row in the table of steps, as texts that an edit may send back."
    )
    element_id: str = Field(description="The id in the uploaded file.")
    name: str
    kind: StepKind
    stage: str
    responsible: tuple[str, ...] = Field(description="Departments or people by name, or an expression from `=`.")
    deadline: str = Field(description="As the map's owner wrote it.")
    instruction: str
    four_eyes: bool = Field(description="Who asks for the approval may not give it.")
    outcomes: tuple[OutcomeItem, ...]
    fields: tuple[FieldItem, ...]


class StepEdits(Given):
    """Edited cells of the table of steps. An empty text takes the owner's word back: the drawing speaks again."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"read_revision": 1, "edits": {"call_client": {"deadline": "2 р.д.", "stage": "Перемовини"}}}]
        },
    )

    read_revision: int = Field(ge=1, description="`revision` of the version as it was read.")
    edits: Mapping[Address, Mapping[StepCell, CellText]] = Field(
        min_length=1, max_length=3_000, description="By the step's `address`, the cells with their new texts."
    )


class DecisionColumnItem(Told):
    label: str
    name: str = Field(description="An output's name; empty for an input.")
    expression: str = Field(description="What an input looks at; empty for an output.")
    type: ValueKind
    allowed: str = Field(description="The allowed values as FEEL unary tests, or empty.")
    default: str = Field(description="What an output gives when no rule matches, or empty.")


class DecisionRuleItem(Told):
    number: int = Field(description="From 1: history names the rules that counted by it.")
    inputs: tuple[str, ...] = Field(description="Cells as written, in the order of the inputs.")
    outputs: tuple[str, ...]
    annotations: tuple[str, ...]


class DecisionItem(Told):
    """A decision of the map: a table, or one expression."""

    id: str = Field(description="The decision's id in the uploaded file.")
    name: str
    file: str
    hit_policy: HitPolicy | None = Field(description="Null for a decision that is an expression.")
    aggregator: Aggregator | None
    expression: str
    inputs: tuple[DecisionColumnItem, ...]
    outputs: tuple[DecisionColumnItem, ...]
    rules: tuple[DecisionRuleItem, ...]
    tasks: tuple[str, ...] = Field(description="Business rule tasks of the map that make this decision, by name.")
    needed_by: tuple[str, ...] = Field(description="Decisions of the map that need this one, by name.")


class DecisionList(Listed[DecisionItem]):
    """The decisions of a map."""


class DefinitionList(Listed[DefinitionItem]):
    """Versions of maps, by name, newest first."""


class StepList(Listed[StepItem]):
    """The steps of a map."""
