"""Why a page does not open, and where to go instead: told by its address and the reader's role alone.

Nothing here looks at a record: the answer is the same whether somebody else's deal exists or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from engine.errors import N_
from engine.policy.permissions import Ability, may, roles_with
from engine.queries.people import names_of_role
from webui.i18n import _
from webui.request_context import actor, reading, signed_in
from webui.roles import role_label

_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Closed:
    """``what`` is done on the page, by those with the ability."""

    what: str
    ability: Ability


@dataclass(frozen=True, slots=True)
class Records:
    """What the pages of a kind of record are about: ``missing`` says why one does not open, ``endpoint`` lists them."""

    missing: str
    endpoint: str
    label: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """``sentences`` say what it is; ``endpoint``, if any, is the page to go on to, called ``label``."""

    title: str
    sentences: tuple[str, ...]
    endpoint: str = ""
    label: str = ""


_PEOPLE = Closed(N_("People and departments are kept here."), Ability.MANAGE_PEOPLE)
_READ_MAP = Closed(N_("Versions of sales maps are looked at here, drafts among them."), Ability.SEE_MAPS)
_CHANGE_MAP = Closed(N_("Sales maps are changed and tried here."), Ability.DEPLOY_MAP)
_CONTROL = Closed(N_("Heads look here at what is late and how sales go."), Ability.SEE_REPORTS)
_OPEN_DEAL = Closed(N_("Deals are opened here."), Ability.OPEN_DEAL)
_CLIENTS = Closed(N_("Clients are added and put in order here."), Ability.MANAGE_CLIENTS)

_CLOSED: Mapping[str, Closed] = {
    "people": _PEOPLE,
    "departments": _PEOPLE,
    "calendars": Closed(N_("Working calendars are kept here."), Ability.MANAGE_CALENDARS),
    "loss_reasons": Closed(N_("Reasons of loss are kept here."), Ability.MANAGE_LOSS_REASONS),
    "rates": Closed(N_("The company’s currency and rates are kept here."), Ability.MANAGE_RATES),
    "letter_templates": Closed(N_("Texts of letters are kept here."), Ability.MANAGE_LETTER_TEMPLATES),
    "own_fields": Closed(N_("Own fields of clients and contacts are kept here."), Ability.MANAGE_FIELDS),
    "webhooks": Closed(N_("Other programs are connected here."), Ability.MANAGE_WEBHOOKS),
    "connectors": Closed(N_("Other programs are connected here."), Ability.MANAGE_CONNECTORS),
    "seal": Closed(N_("What signs sheets and the history is kept here."), Ability.MANAGE_SEAL),
    "incidents": Closed(N_("Failures are mended here."), Ability.RETRY_INCIDENT),
    "journal": Closed(N_("Who changed accounts, maps and settings is read here."), Ability.SEE_JOURNAL),
    "sign_in_settings": Closed(N_("How people sign in is set here."), Ability.MANAGE_PEOPLE),
    "machinery": Closed(N_("The state of the machinery is shown here."), Ability.RETRY_INCIDENT),
    "erasure": Closed(N_("Personal data is erased here."), Ability.ERASE_PERSON),
    "maps.choose_process": _CHANGE_MAP,
    "map_rules.new": _CHANGE_MAP,
    "map_rules.edit": _CHANGE_MAP,
    "step_tables.choose_file": _CHANGE_MAP,
    "drawing": _CHANGE_MAP,
    "practice": _CHANGE_MAP,
    "decisions": _CHANGE_MAP,
    "maps": _READ_MAP,
    "moves": _READ_MAP,
    "map_questions": _READ_MAP,
    "map_rules": _READ_MAP,
    "map_versions": _READ_MAP,
    "map_ways": _READ_MAP,
    "step_tables": _READ_MAP,
    "map_facts": _READ_MAP,
    "control": _CONTROL,
    "reports": _CONTROL,
    "work_reports": _CONTROL,
    "saved_reports": _CONTROL,
    "forecasts": _CONTROL,
    "deals.new": _OPEN_DEAL,
    "deal_imports": _OPEN_DEAL,
    "clients.new": _CLIENTS,
    "client_imports": _CLIENTS,
    "client_doubles": _CLIENTS,
    "clients.duplicates": _CLIENTS,
}
"""By endpoint, else by blueprint."""

_DEALS = Records(
    N_(
        "There is no deal under this address, or it is not open to you: a deal is seen by its owner, by those who have "
        "or had a step in it, and by their heads. Whoever sent you the address can bring you in by a question."
    ),
    "deals.list_deals",
    N_("To the deals"),
)
_STEPS = Records(
    N_(
        "There is no step under this address, or it is not open to you: a step is seen by those who work on its deal. "
        "What waits for you is in your inbox."
    ),
    "inbox.show",
    N_("To the inbox"),
)
_MAPS = Records(
    N_("There is no such version of a map, or it is not open to you. The maps in force are open to everybody."),
    "maps.list_maps",
    N_("To the sales maps"),
)
_RECORDS: Mapping[str, Records] = {
    "deals": _DEALS,
    "deal_repairs": _DEALS,
    "watching": _DEALS,
    "approval_sheets": _DEALS,
    "files": _DEALS,
    "erasure": _DEALS,
    "work_items": _STEPS,
    "questions": _STEPS,
    "clients": Records(
        N_(
            "There is no client under this address, or it is not open to you: a client is seen by its owner and by "
            "those who work on its deals."
        ),
        "clients.list_clients",
        N_("To the clients"),
    ),
    **dict.fromkeys(("maps", "handbooks", "map_questions", "map_rules", "map_versions", "map_ways", "moves"), _MAPS),
    "map_facts": _MAPS,
    **dict.fromkeys(("drawing", "practice", "decisions", "step_tables"), _MAPS),
}


def explanation(status: int) -> Explanation | None:
    """What to say instead of "no such page" or "not open to you"; None where there is nothing to add to that."""
    if signed_in() is None or request.endpoint is None:
        return None
    section = request.endpoint.partition(".")[0]
    closed = _CLOSED.get(request.endpoint) or _CLOSED.get(section)
    records = _RECORDS.get(section)
    if closed is not None and not may(actor(), closed.ability):
        title = _("This page is not part of your role")
        sentences: tuple[str, ...] = (_(closed.what), _done_by(closed.ability))
    elif status == 404 and records is not None:  # noqa: PLR2004  # the HTTP status
        title, sentences = _("Nothing to be seen here"), (_(records.missing),)
    else:
        return None
    if records is None:
        return Explanation(title, sentences)
    return Explanation(title, sentences, records.endpoint, _(records.label))


def _done_by(ability: Ability) -> str:
    """Whose work it is, with the names of some whom one can ask."""
    roles = roles_with(ability)
    with reading() as session:
        names = names_of_role(session, roles[-1], _NAMES_SHOWN)
    told = _("It is the work of: %(roles)s.", roles=", ".join(role_label(role).lower() for role in roles))
    if not names:
        return told
    return told + " " + _("Ask: %(names)s.", names=", ".join(names))
