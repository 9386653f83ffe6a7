"""The roles in words, in the order in which a company fills them."""

from __future__ import annotations

from engine.errors import N_
from engine.model.person import Role
from webui.i18n import _

_LABELS = {
    Role.MANAGER: N_("Sales manager"),
    Role.APPROVER: N_("Approver"),
    Role.HEAD: N_("Head of sales"),
    Role.OWNER: N_("Process owner"),
    Role.ADMINISTRATOR: N_("Administrator"),
}

_PURPOSES = {
    Role.MANAGER: N_("opens deals and does the steps of own deals"),
    Role.APPROVER: N_("approves, returns or rejects for a department"),
    Role.HEAD: N_("sees all deals, reassigns, gives more time"),
    Role.OWNER: N_("uploads and publishes sales maps"),
    Role.ADMINISTRATOR: N_("people, departments, calendars, failures"),
}


def role_label(role: Role) -> str:
    return _(_LABELS[role])


def role_options() -> list[tuple[str, str]]:
    """Each role with what it is for, as a select shows it."""
    return [(role.value, f"{_(_LABELS[role])}: {_(_PURPOSES[role])}") for role in _LABELS]
