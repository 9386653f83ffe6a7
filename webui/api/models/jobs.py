"""Jobs: steps that programs outside do."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from webui.api.models.values import DealName, Given, Instant, Key, Told

JobId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Worker = Annotated[str, StringConstraints(min_length=1, max_length=200)]
LOCK_S = Field(default=60, ge=1, le=3_600, description="For how many seconds nobody else gets the job.")
_WORKER = Field(description="The name that the worker chose for itself; only it can answer what it has locked.")


class JobPath(Given):
    """Which job."""

    job_id: JobId


class FetchJobs(Given):
    """Which jobs to lock, and for whom."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"topics": ["credit-check"], "worker": "scoring-1", "max": 5, "lock_s": 120}]},
    )

    topics: list[Key] = Field(min_length=1, max_length=20, description="As the maps name them.")
    worker: Worker = _WORKER
    max: int = Field(default=10, ge=1, le=100, description="How many at most.")
    lock_s: int = LOCK_S


class JobDone(Given):
    """What the worker answers."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"worker": "scoring-1", "values": {"credit_limit": 250000}}]},
    )

    worker: Worker = _WORKER
    values: dict[str, Any] = Field(
        default={}, max_length=200, description="Kept among the deal's fields, or read by the map's `result.…`."
    )


class JobFailed(Given):
    """The worker could not do it."""

    worker: Worker = _WORKER
    message: str = Field(min_length=1, max_length=500, description="For people: what went wrong.")
    retries: int | None = Field(
        default=None,
        ge=0,
        le=100,
        description="How often it is still given out; 0 tells an administrator. By default as the map says.",
    )
    retry_after_s: int | None = Field(
        default=None, ge=0, le=3_600, description="By default as the map says, twice as long each time."
    )


class JobError(Given):
    """What the map's own handler is drawn for."""

    worker: Worker = _WORKER
    code: Key = Field(description="The code of an error event on the step's border.")
    message: str = Field(default="", max_length=500)


class ExtendJob(Given):
    """The worker needs more time."""

    worker: Worker = _WORKER
    lock_s: int = LOCK_S


class JobItem(Told):
    """A job, as its worker sees it."""

    id: str = Field(description="Stays the same when the job is given out again: do it once per id.")
    topic: str
    state: str = Field(description="`waiting`, `done`, `failed` or `cancelled`.")
    deal: DealName
    element_id: str
    name: str
    values: dict[str, Any] = Field(description="What the map gives as `input.…`; empty once the job is over.")
    worker: str
    locked_until: Instant | None
    due_at: Instant = Field(description="From when on it is given out.")
    attempts: int = Field(description="How often it has failed.")
    retries: int = Field(description="How often it is still given out after a failure.")
    last_error: str


class FetchedJobs(Told):
    """Locked for the worker; nothing when none waits."""

    items: tuple[JobItem, ...]
