"""What a map leaves open, as questions with proposed answers: asked once, answered in the file itself.

The repairs ask while they work. A question whose answer is read from the file is not asked. What the importer goes on
with in the meantime is ``assumed``; a question without an assumption has to be answered before publishing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

# Answers that are words of the product, and no ids, names or amounts of time. They stand in the file as they are.
ASK = "ask"  # a person says it when a deal comes there
ALL = "all"  # every arrow, every start
ONE = "one"  # one of the arrows, a person chooses
WAIT = "wait"  # one run when all branches have come
EACH = "each"  # one run for every branch that comes
ONCE = "once"
NOBODY = "nobody"  # nothing is guessed: the deal waits for an administrator
YES = "yes"


class QuestionKind(StrEnum):
    """What is open. WHO asks who is meant by a name that nobody in the company bears, DISTRIBUTION to whom of a
    department its steps go.
    """

    POOL = "pool"
    START = "start"
    SPLIT = "split"
    MERGE = "merge"
    DECISION = "decision"
    DEFAULT_WAY = "default_way"
    TIMER = "timer"
    REPEAT = "repeat"
    STAGE = "stage"
    RESPONSIBLE = "responsible"
    DEADLINE = "deadline"
    WHO = "who"
    DISTRIBUTION = "distribution"


class Because(StrEnum):
    """Why an answer is proposed."""

    MOST_STEPS = "most_steps"
    OTHER_POOL = "other_pool"
    STARTER_KNOWS = "starter_knows"
    DRAWN_AS_START = "drawn_as_start"
    NO_ARROW_IN = "no_arrow_in"
    MAY_BE_FIRST = "may_be_first"
    BY_THE_STANDARD = "by_the_standard"
    ONE_IS_MEANT = "one_is_meant"
    RUNS_ONCE = "runs_once"
    ASKED_ONCE = "asked_once"
    ASKED_TWICE = "asked_twice"
    STEP_BEFORE = "step_before"
    STEP_ADDED = "step_added"
    FIELD_SAYS = "field_says"
    NOTHING_GUESSED = "nothing_guessed"
    WAY_OUT = "way_out"
    IN_LABEL = "in_label"
    PERSON_SAYS = "person_says"
    NOTHING_COUNTED = "nothing_counted"
    NEIGHBOUR_BEFORE = "neighbour_before"
    NEIGHBOUR_AFTER = "neighbour_after"
    LANE = "lane"
    MAP_STAGE = "map_stage"
    MAP_NAME = "map_name"
    DEAL_OWNER = "deal_owner"
    TO_BEGIN_WITH = "to_begin_with"
    ANSWERED_BEFORE = "answered_before"
    ALIKE = "alike"
    DEPARTMENT = "department"
    COMPANY_USUAL = "company_usual"
    MEMBERS_CHOOSE = "members_choose"
    SHARES_LOAD = "shares_load"
    TAKES_TURNS = "takes_turns"
    KNOWS_CLIENT = "knows_client"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Proposal(_Frozen):
    """An answer that may be taken. ``label`` is what people call it where ``value`` is an id; ``params`` fill why."""

    value: str
    because: Because
    label: str = ""
    params: Mapping[str, str] = {}


class Question(_Frozen):
    """``element_name`` is empty for what has no name; ``params`` fill the question's text.

    ``own`` says whether another answer than the proposed ones can be given.
    """

    kind: QuestionKind
    element_id: str
    element_name: str = ""
    file: str = ""
    line: int | None = None
    params: Mapping[str, str] = {}
    proposals: tuple[Proposal, ...]
    assumed: str | None = None
    own: bool = False

    @property
    def id(self) -> str:
        """The same in every version of the map that still has the element."""
        return f"{self.kind.value}:{self.element_id}"

    @property
    def is_required(self) -> bool:
        return self.assumed is None

    @property
    def preselected(self) -> str:
        """The answer that is proposed first: what the label says, else what the importer went on with."""
        first = self.proposals[0]
        return first.value if self.assumed is None or first.because is Because.IN_LABEL else self.assumed

    def proposal(self, value: str) -> Proposal | None:
        return next((one for one in self.proposals if one.value == value), None)


def distinct(proposals: list[Proposal]) -> tuple[Proposal, ...]:
    """Each answer once, with the first reason for it."""
    found: dict[str, Proposal] = {}
    for proposal in proposals:
        if proposal.value:
            found.setdefault(proposal.value, proposal)
    return tuple(found.values())
