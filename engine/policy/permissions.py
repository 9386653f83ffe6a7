"""Who may do what: abilities of a role, and what a person's departments and substitutions add for a step.

Which records a person may see is decided in engine/queries/scopes.py, as conditions that the database evaluates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from engine.errors import N_, NotAllowed
from engine.model.person import Role

_SYSTEM_ID = 0


class Ability(StrEnum):
    """What a role as such allows, whatever the record."""

    OPEN_DEAL = "open_deal"
    EDIT_DEAL = "edit_deal"
    SEE_ALL_DEALS = "see_all_deals"
    DIRECT_WORK = "direct_work"  # reassign anybody's step, give it more time
    DEPLOY_MAP = "deploy_map"
    PUBLISH_MAP = "publish_map"
    SEE_MAPS = "see_maps"
    MANAGE_PEOPLE = "manage_people"
    ADD_DEPARTMENT = "add_department"  # by its name alone, where a map names one that is missing
    SEE_JOURNAL = "see_journal"  # who changed which accounts and settings, and when
    MANAGE_CALENDARS = "manage_calendars"
    MANAGE_CLIENTS = "manage_clients"
    MANAGE_FIELDS = "manage_fields"  # which fields of their own clients and contacts have
    MANAGE_LOSS_REASONS = "manage_loss_reasons"  # the list from which people choose why a deal ends without a sale
    MANAGE_RATES = "manage_rates"  # the company's own currency, and what others are worth in it
    MANAGE_LETTER_TEMPLATES = "manage_letter_templates"  # the company's texts for letters to clients
    SEE_REPORTS = "see_reports"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_CONNECTORS = "manage_connectors"  # which hosts maps may call, and the secrets that go there
    MANAGE_SEAL = "manage_seal"  # the certificate of the approval sheets, and what signs the history
    ERASE_PERSON = "erase_person"  # what is known of a client's people, at their wish
    RETRY_INCIDENT = "retry_incident"
    SEE_ALL_HISTORY = "see_all_history"
    SERVE_JOBS = "serve_jobs"  # fetch the calls that programs outside make, and answer them
    MOVE_DEAL = "move_deal"  # move, suspend and resume anybody's deal where the map gives some freedom
    MOVE_PAST_APPROVAL = "move_past_approval"  # move a deal past an approval that lies ahead
    REPAIR_DEAL = "repair_deal"  # move a deal on a strict map, set its variables


_ABILITIES: Mapping[Role, frozenset[Ability]] = {
    Role.MANAGER: frozenset({Ability.OPEN_DEAL, Ability.EDIT_DEAL, Ability.MANAGE_CLIENTS}),
    Role.APPROVER: frozenset(),
    Role.HEAD: frozenset(
        {
            Ability.OPEN_DEAL,
            Ability.EDIT_DEAL,
            Ability.SEE_ALL_DEALS,
            Ability.DIRECT_WORK,
            Ability.SEE_MAPS,
            Ability.MANAGE_CLIENTS,
            Ability.SEE_REPORTS,
            Ability.SEE_ALL_HISTORY,
            Ability.MOVE_DEAL,
            Ability.MOVE_PAST_APPROVAL,
        }
    ),
    Role.OWNER: frozenset(
        {
            Ability.SEE_ALL_DEALS,
            Ability.DEPLOY_MAP,
            Ability.PUBLISH_MAP,
            Ability.SEE_MAPS,
            Ability.ADD_DEPARTMENT,
            Ability.MANAGE_FIELDS,
            Ability.MANAGE_LOSS_REASONS,
            Ability.MANAGE_LETTER_TEMPLATES,
            Ability.SEE_REPORTS,
            Ability.SEE_ALL_HISTORY,
            Ability.SERVE_JOBS,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Ability.SEE_ALL_DEALS,
            Ability.DIRECT_WORK,
            Ability.SEE_MAPS,
            Ability.MANAGE_PEOPLE,
            Ability.ADD_DEPARTMENT,
            Ability.SEE_JOURNAL,
            Ability.MANAGE_CALENDARS,
            Ability.MANAGE_CLIENTS,
            Ability.MANAGE_FIELDS,
            Ability.MANAGE_LOSS_REASONS,
            Ability.MANAGE_RATES,
            Ability.MANAGE_LETTER_TEMPLATES,
            Ability.SEE_REPORTS,
            Ability.MANAGE_WEBHOOKS,
            Ability.MANAGE_CONNECTORS,
            Ability.MANAGE_SEAL,
            Ability.ERASE_PERSON,
            Ability.RETRY_INCIDENT,
            Ability.SEE_ALL_HISTORY,
            Ability.SERVE_JOBS,
            Ability.MOVE_DEAL,
            Ability.MOVE_PAST_APPROVAL,
            Ability.REPAIR_DEAL,
        }
    ),
}


class AbilityMissing(NotAllowed):
    """The actor's role does not include the ability."""

    code = "ability_missing"
    template: ClassVar[str] = N_("Your role does not allow this.")


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or the machinery that performs a command, as of one moment.

    ``headed_department_ids`` includes the departments below the headed ones. ``substitutes_for`` are the people for
    whom the actor acts today, ``substituted_department_ids`` the departments of those people.
    """

    person_id: int
    login: str
    full_name: str
    role: Role
    department_ids: frozenset[int] = frozenset()
    headed_department_ids: frozenset[int] = frozenset()
    substitutes_for: frozenset[int] = frozenset()
    substituted_department_ids: frozenset[int] = frozenset()
    locale: str = "uk"

    @classmethod
    def system(cls) -> Actor:
        """The machinery itself: timers, escalations, messages. It may do everything and has no name."""
        return cls(person_id=_SYSTEM_ID, login="", full_name="", role=Role.ADMINISTRATOR)

    @property
    def is_system(self) -> bool:
        return self.person_id == _SYSTEM_ID

    @property
    def recorded_id(self) -> int | None:
        """What history and foreign keys hold: the person, or None for the machinery."""
        return None if self.person_id == _SYSTEM_ID else self.person_id

    @property
    def people_acted_for(self) -> frozenset[int]:
        """Whose steps the actor may do: the actor's own and those of the people substituted."""
        return self.substitutes_for | {self.person_id}

    @property
    def group_ids(self) -> frozenset[int]:
        """Departments whose unassigned steps the actor may take."""
        return self.department_ids | self.headed_department_ids | self.substituted_department_ids


def may(actor: Actor, ability: Ability) -> bool:
    return actor.is_system or role_may(actor.role, ability)


def role_may(role: Role, ability: Ability) -> bool:
    return ability in _ABILITIES[role]


def roles_with(ability: Ability) -> tuple[Role, ...]:
    """Whose work it is, the administrator last."""
    return tuple(role for role, abilities in _ABILITIES.items() if ability in abilities)


def ensure_may(actor: Actor, ability: Ability) -> None:
    """Raises AbilityMissing (a NotAllowed)."""
    if not may(actor, ability):
        raise AbilityMissing


def may_act_on_step(actor: Actor, *, assignee_id: int | None, group_id: int | None) -> bool:
    """May the actor do a live step: it is theirs, or a substituted person's, or nobody's in their departments."""
    if actor.is_system:
        return True
    if assignee_id is not None:
        return assignee_id in actor.people_acted_for
    return group_id in actor.group_ids


def may_claim_step(actor: Actor, *, assignee_id: int | None, group_id: int | None) -> bool:
    """May the actor take a live step that nobody holds yet."""
    return assignee_id is None and not actor.is_system and group_id in actor.group_ids


def may_direct_step(
    actor: Actor, *, assignee_id: int | None, group_id: int | None, assignee_department_ids: frozenset[int]
) -> bool:
    """May the actor hand a live step to somebody else or give it more time.

    Who may do the step may hand it on; a head may for the members and the steps of the departments headed; the head
    of sales and the administrator for everybody's.
    """
    return (
        may(actor, Ability.DIRECT_WORK)
        or may_act_on_step(actor, assignee_id=assignee_id, group_id=group_id)
        or group_id in actor.headed_department_ids
        or bool(assignee_department_ids & actor.headed_department_ids)
    )


def may_edit_deal(actor: Actor, *, owner_id: int) -> bool:
    """May the actor change a visible deal's own data: a manager the deals they own or substitute, the head all."""
    if not may(actor, Ability.EDIT_DEAL):
        return False
    return may(actor, Ability.SEE_ALL_DEALS) or owner_id in actor.people_acted_for
