"""What the engine knows of a map after it was read: steps, stages, conditions, timers, and the form that it executes.

Stored as JSON beside the owner's file, so that a hostile diagram is parsed once, in a child process, and never again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.bpmn.deadline_rules import DeadlineRule, EscalationLadder
from engine.bpmn.dmn.model import Decision, DecisionTask
from engine.bpmn.findings import Finding


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class StepKind(StrEnum):
    """Why a person has to act."""

    USER = "user"  # a task drawn for a person
    APPROVAL = "approval"  # a decision: approve, return for rework, reject
    CHOICE = "choice"  # a decision gateway without conditions asks "which way?"
    CONFIRM = "confirm"  # an automated task that we cannot run: confirm that it is done
    EVENT = "event"  # something happens outside: say when it did


class OutcomeKind(StrEnum):
    COMPLETED = "completed"
    APPROVED = "approved"
    RETURNED = "returned"
    REJECTED = "rejected"
    WAY = "way"  # its id is the id of the sequence flow chosen


class Outcome(_Frozen):
    """A button of a step. ``id`` is what the API takes and what ``<element>_outcome`` becomes."""

    id: str
    kind: OutcomeKind
    label: str = ""  # as the map words it; empty: the product's own word for the kind
    needs_reason: bool = False


class FieldType(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    MOMENT = "moment"
    YES_NO = "yes_no"
    CHOICE = "choice"
    MANY = "many"
    PERSON = "person"
    CLIENT = "client"
    PHONE = "phone"
    EMAIL = "email"
    LINES = "lines"  # a table: goods with quantity, price and sum
    READ_ONLY = "read_only"
    FILE = "file"
    CALCULATED = "calculated"  # by a formula, on the server


UNTYPED = frozenset({FieldType.READ_ONLY, FieldType.CALCULATED})
"""The types of which nobody types a value."""


class FieldChoice(_Frozen):
    value: str
    label: str


class FieldDefinition(_Frozen):
    """A field of a step's form. ``name`` is the variable's name; a name like ``deal.amount`` edits the deal itself.

    ``minimum`` and ``maximum`` bound a number or a date, the length of a text, the count of choices or of lines.
    ``default`` is a text as people write it, or an expression from "=". ``visible_if`` and ``formula`` are expressions
    that the expression language has accepted; both read the form's fields as well. ``shown_as`` is the type in which a
    read-only or calculated value is written. ``columns`` are those of a table, ``total`` of a column whose values are
    added up under it.
    ``several`` and ``accept`` are of files: whether more than one may be given, and the map's words for which kinds.
    """

    name: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    choices: tuple[FieldChoice, ...] = ()
    default: str | None = None
    help: str = ""
    minimum: str | None = None
    maximum: str | None = None
    pattern: str | None = None
    placeholder: str = ""
    visible_if: str | None = None
    formula: str | None = None
    shown_as: FieldType | None = None
    columns: tuple[FieldDefinition, ...] = ()
    total: bool = False
    several: bool = False
    accept: str = ""

    @property
    def is_typed(self) -> bool:
        """Whether a person fills it in."""
        return self.type not in UNTYPED

    @property
    def value_type(self) -> FieldType:
        """The type of its value: a calculated one is a number where the map says nothing else."""
        if self.is_typed:
            return self.type
        return self.shown_as or (FieldType.NUMBER if self.type is FieldType.CALCULATED else FieldType.TEXT)

    def as_typed(self) -> FieldDefinition:
        """The same field as one that takes its value by hand."""
        return self if self.is_typed else self.model_copy(update={"type": self.value_type})


class Freedom(StrEnum):
    STRICT = "strict"
    ADVISED = "advised"
    FREE = "free"


class Distribution(StrEnum):
    """How a step of a department comes to one of its members."""

    CLAIM = "claim"  # whoever takes it
    LEAST_LOADED = "least_loaded"
    ROUND_ROBIN = "round_robin"
    OWNER = "owner"  # the deal's owner, where a member
    LAST = "last"  # who did this step, or another of the department, for the client last


class ApprovalRule(_Frozen):
    """Who has to approve: ``any`` one, ``all``, or ``count`` of the responsible group; or one of each in ``list``.

    ``at_least`` is how many entries of a list are enough; None: all of them.
    """

    mode: Literal["any", "all", "count", "list"] = "any"
    count: int = 1
    approvers: tuple[str, ...] = ()
    in_order: bool = False
    at_least: int | None = None


class ContentRule(_Frozen):
    """What an approval is bound to: values by name (``deal.amount``, a field), files by name or pattern (``*.pdf``).

    ``whole`` is the deal with all its fields, whatever they are called.
    """

    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    whole: bool = False


class Reauthentication(StrEnum):
    """How a person has to prove anew who they are when they decide."""

    NONE = "none"
    PASSWORD = "password"  # noqa: S105  # a kind of proof
    CODE = "code"  # the password and a code of the authenticator application


class StepDefinition(_Frozen):
    """A human step. ``element_id`` is the id in the executed form; ``source_id`` the id in the owner's file."""

    element_id: str
    source_id: str
    process_key: str
    name: str
    kind: StepKind
    stage: str = ""
    responsible: tuple[str, ...] = ()  # names of departments or people, a login, or an expression from "="
    distribution: Distribution | None = None  # None: as the department is set up
    deadline: DeadlineRule | None = None
    deadline_text: str = ""  # as the owner wrote it
    escalation: EscalationLadder | None = None
    fields: tuple[FieldDefinition, ...] = ()
    instruction: str = ""
    outcomes: tuple[Outcome, ...] = ()
    approval: ApprovalRule | None = None
    four_eyes: bool = False
    approved_content: ContentRule | None = None  # of an approval; None: what the step shows (engine.policy)
    reauthenticate: Reauthentication = Reauthentication.NONE
    recall: bool | None = None  # may who asked withdraw the request; None: where it can be returned for rework
    content_seen: bool = False  # of an approval: a program names what it has read, or does not give it
    reask: bool = False  # may what was approved change afterwards, when those who approved it are asked again
    freedom: Freedom = Freedom.STRICT
    line: int | None = None
    asks_again: bool = False  # a choice of what to begin next, offered until it is enough


class ExpressionCondition(_Frozen):
    """A condition in FEEL, JUEL or Python style, kept as text that the expression language has already accepted.

    ``open_is_no``: as long as nobody has filled in what it reads, it does not hold; else that is an incident.
    """

    type: Literal["expression"] = "expression"
    text: str
    open_is_no: bool = False


class OutcomeCondition(_Frozen):
    """The combined outcome of ``steps`` is one of ``outcomes``.

    The outcomes of several steps combine as: a rejection wins over a return, a return over approvals. A way chosen,
    or any other outcome, counts only from a single step. Among ``steps`` may be a call of ``called_approvals``.
    ``otherwise`` is the step that is asked where ``steps`` decided nothing: its outcome counts then.
    """

    type: Literal["outcome"] = "outcome"
    steps: tuple[str, ...]
    outcomes: tuple[str, ...]
    otherwise: str = ""


Condition = Annotated[ExpressionCondition | OutcomeCondition, Field(discriminator="type")]


class TimerKind(StrEnum):
    DATE = "date"
    DURATION = "duration"
    CYCLE = "cycle"


class TimerRule(_Frozen):
    """When a timer event fires. ``rule`` is a fixed rule; ``expression`` gives text in the same notation at run time.

    For a cycle, ``repetitions`` bounds how often (None: without end) and ``rule`` is the interval.
    """

    kind: TimerKind
    rule: DeadlineRule | None = None
    expression: str | None = None
    repetitions: int | None = None


class LoopRule(_Frozen):
    """Multi-instance or standard loop. Exactly one of ``cardinality`` and ``collection`` for multi-instance.

    ``again_while`` makes it a standard loop; ``cardinality``, if there is one, is then the most runs.
    """

    sequential: bool = False
    cardinality: str | None = None  # expression text giving a whole number
    collection: str | None = None  # expression text giving a list
    item_variable: str | None = None
    completion_condition: str | None = None
    output_collection: str | None = None  # the variable that becomes the list of the runs' results
    output_element: str | None = None  # expression text giving the result of a run
    again_while: str | None = None
    test_before: bool = False


class MessageRule(_Frozen):
    """A message that an event waits for, correlated by the values of ``correlation`` (expression texts by key)."""

    name: str
    correlation: Mapping[str, str] = {}


class ConnectorKind(StrEnum):
    """Who performs a call, and how."""

    EXTERNAL = "external"  # a program outside fetches it over the API
    HTTP = "http"
    MAIL = "mail"
    FIELDS = "fields"  # writes fields of the deal
    MAP = "map"  # opens a deal on another map
    DOCUMENT = "document"  # makes a file of the deal from a template


class TemplatePart(_Frozen):
    """A piece of a template, one of: ``text`` as it stands, a ``value`` by its parameter, a ``secret`` by its name."""

    text: str = ""
    value: str = ""
    secret: str = ""


class CallRule(_Frozen):
    """A call that a worker makes, or that a program outside fetches as a job.

    ``parameters`` are expressions, evaluated when the deal comes to the call. ``templates`` are made of texts,
    parameters and secrets when it is sent: ``url``, ``body``, ``header.<name>`` and their kin. ``results`` are
    expressions over the answer by the field that they become; without any, a job's values are taken as they come.
    After a failure that may pass, it is made again ``retries`` times, the first time after ``retry_after_s``.
    """

    connector: ConnectorKind
    topic: str = ""
    parameters: Mapping[str, str] = {}
    method: str = ""
    host: str = ""  # of http, with its port if that is not 443: never made of values
    recipient: str = ""  # of a letter: client, contact or owner; else the template ``to``
    map_key: str = ""  # of the deal that is opened
    template_file: str = ""  # of a document, by the name that it has in the upload
    template_sha256: str = ""  # of that file: one among the files of the versions
    templates: Mapping[str, tuple[TemplatePart, ...]] = {}
    results: Mapping[str, str] = {}
    result_variable: str | None = None
    retries: int = 5
    retry_after_s: int = 30
    source_id: str = ""  # the element's id in the owner's file
    line: int | None = None


class CalledApprovals(_Frozen):
    """The approvals in a called map, of whatever depth, that the decision right behind the call follows.

    ``outcomes`` are those that some way behind the call is drawn for.
    """

    steps: tuple[str, ...]
    outcomes: tuple[str, ...]


class Stage(_Frozen):
    name: str
    position: int


class CompiledProcess(_Frozen):
    """An executable map.

    ``executable`` is the canonical BPMN in which every condition, timer value and script is only the id of its
    element, looked up in the tables below: no text from the owner's diagram is ever evaluated by SpiffWorkflow.
    All ids are unique over the map and the maps that it calls.
    """

    key: str
    name: str
    content_hash: str  # sha256 of all XML that this was made from, and of the engine's format version
    executable: str
    steps: Mapping[str, StepDefinition]
    stages: tuple[Stage, ...]
    conditions: Mapping[str, Condition]  # by sequence flow id (or by event id, for conditional events)
    timers: Mapping[str, TimerRule]  # by event id
    loops: Mapping[str, LoopRule]  # by activity id
    messages: Mapping[str, MessageRule]  # by event id
    calls: Mapping[str, CallRule]  # by service task id
    assignments: Mapping[str, tuple[tuple[str, str], ...]]  # by script task id: (variable, expression text)
    variables: frozenset[str]  # root names that any expression reads
    called_approvals: Mapping[str, CalledApprovals] = {}  # by call activity id
    withdrawals: Mapping[str, tuple[str, ...]] = {}  # by script task id: elements whose tokens it takes away
    decisions: Mapping[str, Decision] = {}  # by key: those that business rule tasks make, and those that these need
    decision_tasks: Mapping[str, DecisionTask] = {}  # by business rule task id
    results: Mapping[str, str] = {}  # by end event id: "won" or "lost", from its property ``result``
    start_messages: tuple[str, ...] = ()  # names of the messages that may start it
    called_keys: tuple[str, ...] = ()  # maps that it calls, their XML being part of ``executable``
    elements: Mapping[str, str] = {}  # executed element id -> name, for messages and the walked path
    default_escalation: EscalationLadder | None = None
    findings: tuple[Finding, ...] = ()
    client_fields: Mapping[str, FieldDefinition] = {}  # the company's own, by name: known when it runs, stored nowhere
