"""People and departments, as far as a step can be handed to them; and the caller."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from engine.bpmn.compiled import Distribution
from engine.model.person import Role
from engine.policy.approvers import NotGiven
from engine.policy.permissions import Ability
from webui.api.models.values import Given, Listed, Paging, PersonName, Query, Told


class PeopleQuery(Paging):
    q: Query = Field(default="", description="Any part of the name.")


class ReceiversQuery(Given):
    q: Query = Field(default="", description="Any part of the name.")
    limit: int = Field(default=50, ge=1, le=200, description="How many at most; narrow it by `q`.")


class PersonItem(Told):
    """An active person."""

    id: int
    name: str
    position: str


class ReceiverItem(PersonItem):
    """An active person, and whether a step can be handed to them."""

    refusal: NotGiven | None = Field(
        description="`four_eyes`: they asked for this approval or prepared what is approved; `other_department`: an "
        "approval stays in the department that is asked; `holds_it`: the step is theirs now. "
        "Null for whom the step can be handed to."
    )


class DepartmentItem(Told):
    id: int
    name: str
    head: PersonName | None
    parent_id: int | None = Field(description="The department above.")
    distribution: Distribution | None = Field(description="How its steps are given out where a map says nothing.")
    members: int = Field(description="Active people.")
    archived: bool = Field(description="It is given nothing new; what it did keeps naming it.")


class DepartmentQuery(Paging):
    archived: bool = Field(default=False, description="Archived departments, too.")


class Me(Told):
    """Who is asking, and what their role allows."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 2,
                    "login": "olena",
                    "name": "Олена Коваль",
                    "role": "manager",
                    "locale": "uk",
                    "department_ids": [1],
                    "headed_department_ids": [],
                    "substitutes_for": [],
                    "abilities": ["edit_deal", "manage_clients", "open_deal"],
                }
            ]
        },
    )

    id: int
    login: str
    name: str
    role: Role
    locale: str
    department_ids: tuple[int, ...]
    headed_department_ids: tuple[int, ...] = Field(description="Including those below.")
    substitutes_for: tuple[int, ...] = Field(description="People for whom the caller acts today.")
    abilities: tuple[Ability, ...]


class PersonList(Listed[PersonItem]):
    """Active people by name."""


class ReceiverList(Listed[ReceiverItem]):
    """Whom a step can be handed to, by name; then whom it cannot, where `q` looks for them."""


class DepartmentList(Listed[DepartmentItem]):
    """Departments by name."""
