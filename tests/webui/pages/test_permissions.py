"""Every page, every role, one's own and a foreign record: who gets further, and that refused is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from support.office import Office
from support.permissions import PEOPLE, Records, World, events_recorded

from webui.limits import limiter

Audience = tuple[str, str]
"""Who gets further, in the order of PEOPLE, with the records of olena's deal and with those of taras's."""

EVERYBODY: Audience = (".......", ".......")
READERS_OF_THE_DEAL: Audience = (".-.....", ".-.--..")
EDITORS_OF_THE_DEAL: Audience = (".-.---.", "--.---.")
EDITORS_OF_THE_CLIENT: Audience = (".-.---.", ".-.---.")
KEEPERS_OF_CLIENTS: Audience = ("...---.", "...---.")
OPENERS: Audience = ("...----", "...----")
CONTROLLERS: Audience = ("--.....", "--.....")
DIRECTORS: Audience = ("--..--.", "--.---.")
HEAD: Audience = ("--.----", "--.----")
OWNER_OR_HEAD: Audience = (".-.----", "--.----")
READERS_OF_MAPS: Audience = ("--.--..", "--.--..")
FOLLOWERS_OF_THE_MAP: Audience = (".-.....", ".-.....")
OWNER_OF_MAPS: Audience = ("-----.-", "-----.-")
KEEPERS_OF_FIELDS: Audience = ("-----..", "-----..")
ADMINISTRATOR: Audience = ("------.", "------.")
ABSENT: Audience = ("-------", "-------")
TOKENS_PERSON: Audience = (".-----.", ".-----.")
WHO_MAY_TAKE_IT: Audience = ("---.---", ".-.--..")
WHO_MAY_DO_IT: Audience = ("---.---", "-------")
WHO_DID_IT_BEFORE: Audience = (".------", "-------")
WHO_MAY_GIVE_IT_BACK: Audience = (".-.....", "--.---.")
WHO_CONTROLS_IT: Audience = ("--.....", "--.--..")
FORM = {
    "active": "no",
    "answer": "Так",
    "at": "09:00",
    "basis": "лист",
    "comment": "Так",
    "confirmed": "yes",
    "day": "2027-01-01",
    "due_at": "2027-01-10T10:00",
    "ends_on": "2027-08-14",
    "full_name": "Марія",
    "host": "evil.example.com",
    "item": "1",
    "kind": "text",
    "label": "Галузь",
    "login": "nova",
    "loss_reason_id": "1",
    "name": "ТОВ «Обрій»",
    "node": "sign",
    "other_receivers": "maria@client.example.com",
    "outcome": "approved",
    "password": "four patient herons",
    "person_id": "1",
    "question": "Як бути?",
    "reason": "Треба",
    "report": "activity",
    "rhythm": "day",
    "role": "manager",
    "starts_on": "2027-08-01",
    "subject": "Лист",
    "substitute_id": "3",
    "text": "Так",
    "title": "Помпи",
    "to": "4",
    "url": "https://erp.example.com/hooks",
    "value": "x",
}
"""Sound for every form, so that it is the permission that refuses."""
PLACES = {
    "calendar_id": 1,
    "call_id": "0" * 32,
    "currency": "USD",
    "day": "2027-01-01",
    "department_id": 1,
    "doing": "take",
    "field_id": 1,
    "host_id": 1,
    "key": "sale",
    "kind": "csv",
    "letter_id": 1,
    "merge_id": 1,
    "number": 1,
    "person_id": 4,
    "position": 0,
    "practice_id": 1,
    "reason_id": 1,
    "secret_id": 1,
    "sha256": "0" * 64,
    "subject": "client",
    "suffix": "csv",
    "template_id": 1,
    "token_id": 1,
    "year": 2027,
}
"""What stands in addresses beside the records: for each person the same."""
OF_A_DEAL = re.compile(r"<int:(?:deal|client|contact|file|import|work_item|question|mention|substitution)_id>")
# One has no end, one ends the sessions that are tried with; the others have their tests.
NOT_TRIED = {"inbox.stream", "settings.end_sessions", "mail_links.show", "mail_links.decide"}
REFUSED, _NOT_FOUND, _FAILURE = (403, 404), 404, 500
PAGES = {
    EVERYBODY: (
        "GET /deals/columns",
        "POST /deals/columns",
        "GET /clients/columns",
        "POST /clients/columns",
        "GET /inbox/columns",
        "POST /inbox/columns",
        "GET /settings/deadlines",
        "POST /settings/deadlines",
        "POST /settings/deadlines/withdraw",
        "GET /settings/mail/telegram",
        "POST /settings/mail/telegram/unlink",
        "GET /",
        "GET /choose/absent",
        "GET /choose/clients",
        "GET /choose/people",
        "GET /clients",
        "GET /clients/export.<kind>",
        "POST /control/remind",
        "GET /deals",
        "POST /deals",
        "GET /deals/board",
        "GET /deals/export.<kind>",
        "GET /inbox",
        "GET /inbox/count",
        "GET /inbox/export.<any(csv, xlsx):kind>",
        "GET /inbox/filter",
        "POST /inbox/filter",
        "GET /inbox/news",
        "GET /inbox/steps",
        "POST /inbox/together/<any(approve, complete, take, release):doing>",
        "GET /maps",
        "GET /maps/<int:definition_id>",
        "GET /maps/<int:definition_id>/handbook",
        "GET /maps/<int:definition_id>/handbook.docx",
        "GET /maps/<int:definition_id>/handbook.pdf",
        "GET /questions",
        "GET /search",
        "GET /search/suggestions",
        "GET /settings",
        "GET /settings/authenticator",
        "POST /settings/authenticator/begin",
        "POST /settings/authenticator/remove",
        "GET /settings/mail",
        "POST /settings/mail",
        "POST /settings/password",
        "GET /settings/substitutions",
        "GET /settings/tokens",
        "POST /settings/tokens",
    ),
    ABSENT: (
        # No client is named here, and nothing was merged: who may what is tried in test_client_doubles.
        "POST /clients/merge",
        "POST /clients/merges/<int:merge_id>/undo",
        "GET /clients/import/template-<kind>.<suffix>",
        "POST /settings/mail/telegram",
        "POST /deals/<int:deal_id>/letters/<int:letter_id>/again",
        "POST /deals/<int:deal_id>/letters/<int:letter_id>/read",
        "GET /settings/letter-templates/<int:template_id>",
        "POST /settings/letter-templates/<int:template_id>",
        "POST /settings/letter-templates/<int:template_id>/remove",
        "POST /settings/loss-reasons/<int:reason_id>",
        "POST /settings/loss-reasons/<int:reason_id>/archive",
        "POST /settings/loss-reasons/<int:reason_id>/move",
        "POST /settings/loss-reasons/<int:reason_id>/restore",
        "GET /choose/mentioned",
        "GET /choose/receivers",
        "GET /deals/<int:deal_id>/approval-sheet/files/<sha256>",
        "GET /files/<int:file_id>/picture",
        "GET /maps/<int:definition_id>/decisions/<int:position>/edit",
        "GET /maps/<int:definition_id>/drawing.svg",
        "POST /maps/<int:definition_id>/questions/reopen",
        "GET /maps/<int:definition_id>/rules/<int:position>",
        "POST /maps/<int:definition_id>/rules/<int:position>",
        "POST /maps/moves/<int:move_id>/deals/<int:deal_id>/undo",
        "POST /maps/new",
        "GET /maps/practice/<int:practice_id>",
        "POST /maps/practice/<int:practice_id>/answer",
        "POST /maps/practice/<int:practice_id>/do",
        "POST /maps/practice/<int:practice_id>/forget",
        "POST /maps/practice/<int:practice_id>/form",
        "POST /maps/practice/<int:practice_id>/hear",
        "POST /maps/practice/<int:practice_id>/time",
        "POST /maps/practice/<int:practice_id>/undo",
        "GET /maps/questions/understood",
        "POST /maps/shipped/<key>",
        "POST /questions/<int:question_id>/read",
        "POST /settings/authenticator/confirm",
        "POST /settings/sign-in/passwords",
        "POST /settings/company-account/remove",
        "GET /sign-in/company/confirm",
        "GET /sign-in/company/confirm/<int:work_item_id>",
        "POST /people/<int:person_id>/company-account/remove",
        "POST /settings/incidents/calls/<string:call_id>/now",
        "POST /settings/authenticator/of/<int:person_id>/remove",
        "GET /settings/fields/<int:field_id>",
        "POST /settings/fields/<int:field_id>",
        "POST /settings/fields/<int:field_id>/move",
        "POST /settings/fields/<int:field_id>/restore",
        "POST /settings/fields/<int:field_id>/retire",
        "POST /settings/machinery/letters/<int:letter_id>/again",
        "POST /work-items/<int:work_item_id>/hand-back",
        "POST /work-items/<int:work_item_id>/questions/<int:question_id>/read",
    ),
    KEEPERS_OF_CLIENTS: (
        "GET /clients/import",
        "POST /clients/import",
        "POST /clients",
        "GET /clients/doubles",
        "GET /clients/duplicates",
        "GET /clients/merge",
        "POST /clients/told-apart",
        "GET /clients/new",
    ),
    READERS_OF_THE_DEAL: (
        "GET /clients/<int:client_id>/notes",
        "GET /clients/<int:client_id>",
        "GET /clients/<int:client_id>/contacts",
        "GET /clients/<int:client_id>/contacts/<int:contact_id>",
        "GET /clients/<int:client_id>/history",
        "GET /deals/<int:deal_id>",
        "GET /deals/<int:deal_id>/approval-sheet",
        "GET /deals/<int:deal_id>/letters",
        "GET /deals/<int:deal_id>/letters/export.<any(csv, xlsx, zip):kind>",
        "GET /deals/<int:deal_id>/approval-sheet.html",
        "GET /deals/<int:deal_id>/approval-sheet.json",
        "POST /deals/<int:deal_id>/approval-sheet/<int:number>/signature",
        "POST /deals/<int:deal_id>/approval-sheet/issue",
        "POST /deals/<int:deal_id>/comment",
        "GET /deals/<int:deal_id>/files",
        "POST /deals/<int:deal_id>/files",
        "GET /deals/<int:deal_id>/files/<int:file_id>",
        "GET /deals/<int:deal_id>/map",
        "GET /deals/<int:deal_id>/map.bpmn",
        "GET /deals/<int:deal_id>/move",
        "POST /deals/<int:deal_id>/move",
        "POST /deals/<int:deal_id>/move/undo",
        "GET /deals/<int:deal_id>/timeline",
        "POST /deals/<int:deal_id>/unwatch",
        "POST /deals/<int:deal_id>/watch",
        "GET /files/<int:file_id>",
        "GET /files/<int:file_id>/content",
        "GET /work-items/<int:work_item_id>",
        "POST /work-items/<int:work_item_id>/comment",
        "POST /work-items/<int:work_item_id>/comment-draft",
        "POST /work-items/<int:work_item_id>/draft",
        "GET /work-items/<int:work_item_id>/files",
        "POST /work-items/<int:work_item_id>/files",
        "POST /work-items/<int:work_item_id>/form",
        "POST /work-items/<int:work_item_id>/look",
        "POST /work-items/<int:work_item_id>/typed-before",
        "GET /work-items/<int:work_item_id>/news",
    ),
    EDITORS_OF_THE_CLIENT: (
        "POST /clients/<int:client_id>",
        "POST /clients/<int:client_id>/contacts",
        "POST /clients/<int:client_id>/contacts/<int:contact_id>",
        "POST /settings/substitutions",
    ),
    ADMINISTRATOR: (
        "POST /clients/<int:client_id>/data.zip",
        "GET /clients/<int:client_id>/erase",
        "POST /clients/<int:client_id>/erase",
        "GET /deals/<int:deal_id>/history/<int:number>/erase",
        "POST /deals/<int:deal_id>/history/<int:number>/erase",
        "GET /deals/<int:deal_id>/variables",
        "POST /deals/<int:deal_id>/variables",
        "POST /deals/<int:deal_id>/variables/undo",
        "GET /departments",
        "POST /departments",
        "GET /departments/<int:department_id>",
        "POST /departments/<int:department_id>",
        "POST /departments/<int:department_id>/archive",
        "POST /departments/<int:department_id>/delete",
        "POST /departments/<int:department_id>/restore",
        "GET /files/<int:file_id>/erase",
        "POST /files/<int:file_id>/erase",
        "GET /people",
        "POST /people",
        "GET /people/<int:person_id>",
        "POST /people/<int:person_id>",
        "POST /people/<int:person_id>/active",
        "POST /people/<int:person_id>/erase",
        "POST /people/<int:person_id>/password",
        "POST /people/<int:person_id>/password-letter",
        "POST /people/<int:person_id>/password-link",
        "GET /people/new",
        "POST /questions/<int:question_id>/answer",
        "GET /settings/calendars",
        "GET /settings/journal",
        "GET /settings/sign-in",
        "GET /settings/journal/export.<any(csv, xlsx):kind>",
        "GET /settings/journal/sign-ins",
        "POST /settings/calendars",
        "GET /settings/calendars/<int:calendar_id>",
        "POST /settings/calendars/<int:calendar_id>/archive",
        "POST /settings/calendars/<int:calendar_id>/delete",
        "POST /settings/calendars/<int:calendar_id>/restore",
        "POST /settings/calendars/<int:calendar_id>/days",
        "POST /settings/calendars/<int:calendar_id>/days/<day>/remove",
        "POST /settings/calendars/<int:calendar_id>/default",
        "POST /settings/calendars/<int:calendar_id>/holidays/<int:year>",
        "POST /settings/calendars/<int:calendar_id>/week",
        "GET /settings/connectors",
        "POST /settings/connectors/hosts",
        "POST /settings/connectors/hosts/<int:host_id>/remove",
        "POST /settings/connectors/secrets",
        "POST /settings/connectors/secrets/<int:secret_id>/remove",
        "GET /settings/incidents",
        "GET /settings/incidents/<int:incident_id>",
        "POST /settings/incidents/<int:incident_id>/close",
        "POST /settings/incidents/<int:incident_id>/retry",
        "POST /settings/incidents/<int:incident_id>/retry-alike",
        "POST /settings/incidents/retry",
        "GET /settings/machinery",
        "GET /settings/rates",
        "POST /settings/rates",
        "POST /settings/rates/currency",
        "POST /settings/rates/<currency>/<day>/remove",
        "GET /settings/seal",
        "POST /settings/seal",
        "GET /settings/webhooks",
        "POST /settings/webhooks",
        "POST /settings/webhooks/<int:webhook_id>/again",
        "POST /settings/webhooks/<int:webhook_id>/remove",
        "POST /work-items/<int:work_item_id>/questions/<int:question_id>/answer",
    ),
    CONTROLLERS: (
        "GET /reports/activity",
        "GET /reports/activity.<kind>",
        "GET /reports/approvals",
        "GET /reports/approvals.<kind>",
        "GET /reports/reasons.<kind>",
        "GET /reports/saved",
        "POST /reports/saved",
        "GET /reports/steps",
        "GET /reports/steps.<kind>",
        "GET /control",
        "GET /control/deals",
        "GET /control/deals/export.<kind>",
        "POST /control/looked",
        "GET /control/steps",
        "GET /control/steps/export.<kind>",
        "GET /reports/forecast",
        "GET /reports/forecast.<kind>",
        "GET /reports/funnel",
        "GET /reports/funnel.<kind>",
        "GET /reports/lateness",
        "GET /reports/lateness.<kind>",
    ),
    OWNER_OR_HEAD: (
        "GET /deals/import/<int:import_id>",
        "GET /deals/import/<int:import_id>/progress",
        "GET /deals/import/<int:import_id>/refused.<suffix>",
        "POST /deals/import/<int:import_id>/forget",
        "POST /deals/import/<int:import_id>/open",
        "POST /deals/import/<int:import_id>/stop",
        "POST /deals/<int:deal_id>",
        "POST /deals/<int:deal_id>/ask-again",
        "GET /deals/<int:deal_id>/letters/files",
        "GET /deals/<int:deal_id>/letters/receivers",
        "POST /deals/<int:deal_id>/letters",
    ),
    EDITORS_OF_THE_DEAL: (
        "GET /clients/import/<int:import_id>/refused.<suffix>",
        "GET /clients/import/<int:import_id>",
        "GET /clients/import/<int:import_id>/progress",
        "POST /clients/import/<int:import_id>/check",
        "POST /clients/import/<int:import_id>/columns",
        "POST /clients/import/<int:import_id>/stop",
        "POST /clients/import/<int:import_id>/take-back",
        "POST /clients/import/<int:import_id>/take-over",
        "POST /clients/import/<int:import_id>/throw-away",
        "POST /deals/<int:deal_id>/loss-reason",
        "POST /deals/<int:deal_id>/cancel",
        "POST /deals/<int:deal_id>/reopen",
        "POST /deals/<int:deal_id>/resume",
        "POST /deals/<int:deal_id>/suspend",
        "POST /files/<int:file_id>/hide",
        "POST /files/<int:file_id>/put-back",
        "POST /settings/substitutions/<int:substitution_id>/end",
    ),
    OPENERS: (
        "GET /deals/import",
        "POST /deals/import",
        "GET /deals/import/template.<kind>",
        "GET /deals/new",
    ),
    OWNER_OF_MAPS: (
        "POST /maps",
        "POST /maps/<int:definition_id>/decisions/<int:position>/edit",
        "GET /maps/<int:definition_id>/decisions/new",
        "POST /maps/<int:definition_id>/decisions/new",
        "POST /maps/<int:definition_id>/discard",
        "GET /maps/<int:definition_id>/edit",
        "POST /maps/<int:definition_id>/edit",
        "POST /maps/<int:definition_id>/moves",
        "GET /maps/<int:definition_id>/practice",
        "POST /maps/<int:definition_id>/practice",
        "POST /maps/<int:definition_id>/presence",
        "GET /maps/<int:definition_id>/processes",
        "POST /maps/<int:definition_id>/processes",
        "POST /maps/<int:definition_id>/publish",
        "POST /maps/<int:definition_id>/questions",
        "POST /maps/<int:definition_id>/retire",
        "POST /maps/<int:definition_id>/rules",
        "POST /maps/<int:definition_id>/rules/<int:position>/remove",
        "GET /maps/<int:definition_id>/rules/new",
        "POST /maps/<int:definition_id>/steps",
        "POST /maps/<int:definition_id>/steps/check",
        "GET /maps/<int:definition_id>/steps/import",
        "POST /maps/<int:definition_id>/steps/import",
        "POST /maps/moves/<int:move_id>/cancel",
        "POST /maps/moves/<int:move_id>/undo",
        "GET /maps/new",
    ),
    READERS_OF_MAPS: (
        "GET /maps/<int:definition_id>/compare",
        "GET /maps/<int:definition_id>/executed",
        "GET /maps/<int:definition_id>/facts",
        "GET /maps/<int:definition_id>/facts.<any(csv, xlsx):kind>",
        "GET /maps/<int:definition_id>/files/<int:position>",
        "GET /maps/<int:definition_id>/moves",
        "POST /maps/<int:definition_id>/moves/preview",
        "GET /maps/<int:definition_id>/questions",
        "GET /maps/<int:definition_id>/rules",
        "GET /maps/<int:definition_id>/steps/table.xlsx",
        "GET /maps/<int:definition_id>/ways",
        "GET /maps/<string:key>/compare",
        "GET /maps/moves/<int:move_id>",
        "GET /maps/moves/<int:move_id>/progress",
        "GET /reports/forecast-outcomes.<kind>",  # they see all deals as well
    ),
    FOLLOWERS_OF_THE_MAP: ("GET /maps/<int:definition_id>/drawing",),
    HEAD: (
        # The saved report is bohdan's.
        "GET /reports/saved/<int:saved_report_id>",
        "GET /reports/saved/<int:saved_report_id>.<kind>",
        "POST /reports/saved/<int:saved_report_id>/send",
        "POST /reports/saved/<int:saved_report_id>/delete",
        "POST /reports/saved/<int:saved_report_id>/rename",
        "POST /reports/saved/<int:saved_report_id>/schedule",
        "POST /reports/saved/<int:saved_report_id>/stop",
        "POST /questions/<int:question_id>/withdraw",
        "POST /questions/mentions/<int:mention_id>/read",
        "POST /work-items/<int:work_item_id>/questions/<int:question_id>/withdraw",
    ),
    KEEPERS_OF_FIELDS: (
        "GET /settings/letter-templates",
        "POST /settings/letter-templates",
        "GET /settings/loss-reasons",
        "POST /settings/loss-reasons",
        "POST /settings/loss-reasons/usual",
        "GET /settings/fields",
        "POST /settings/fields/<subject>",
    ),
    WHO_CONTROLS_IT: ("GET /control/steps/<int:work_item_id>/direct",),
    TOKENS_PERSON: ("POST /settings/tokens/<int:token_id>/revoke",),
    WHO_MAY_TAKE_IT: ("POST /work-items/<int:work_item_id>/claim",),
    WHO_MAY_DO_IT: ("POST /work-items/<int:work_item_id>/complete",),
    DIRECTORS: (
        "POST /control/steps/<int:work_item_id>/extend",
        "POST /control/steps/<int:work_item_id>/hand-on",
        "POST /work-items/<int:work_item_id>/consult",
        "POST /work-items/<int:work_item_id>/delegate",
        "POST /work-items/<int:work_item_id>/extend",
    ),
    WHO_DID_IT_BEFORE: ("POST /work-items/<int:work_item_id>/recall",),
    WHO_MAY_GIVE_IT_BACK: ("POST /work-items/<int:work_item_id>/release",),
}


@pytest.fixture
def world(app: Flask, office: Office) -> Iterator[World]:
    world = World(app, office)
    yield world
    world.close()


def closed_pages(app: Flask) -> dict[str, str]:
    """Endpoints by what they are asked with: all that want somebody signed in, and no call of the API."""
    return {
        f"{method} {rule.rule}": rule.endpoint
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith(("api.", "api_docs.", "openapi", "static"))
        and not getattr(app.view_functions[rule.endpoint], "is_open_to_all", False)
        and rule.endpoint not in NOT_TRIED
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_page_has_an_audience(app: Flask) -> None:
    assert set(closed_pages(app)) == {page for pages in PAGES.values() for page in pages}


def test_every_page_is_open_to_its_audience_alone(app: Flask, office: Office, world: World) -> None:
    """Of who gets further one is tried; whoever is refused changes nothing, and of a foreign deal learns nothing."""
    limiter.enabled = False
    try:
        wrong = list(Trial(app, office, world).faults())
    finally:
        limiter.enabled = True
    assert not wrong, "\n".join(wrong)


class Trial:
    def __init__(self, app: Flask, office: Office, world: World) -> None:
        self.world, self.office = world, office
        self.addresses = app.url_map.bind("localhost")
        self.endpoints = closed_pages(app)

    def faults(self) -> Iterator[str]:
        for audience, pages in PAGES.items():
            for page in pages:
                yield from self._tried(page, audience[0], self.world.own)
                if OF_A_DEAL.search(page):
                    yield from self._tried(page, audience[1], self.world.foreign)

    def _tried(self, page: str, letters: str, records: Records) -> Iterator[str]:
        before = events_recorded(self.office)
        refused = [login for login, letter in zip(PEOPLE, letters, strict=True) if letter == "-"]
        for login in refused:
            if login == "petro" or (login == "danylo" and not OF_A_DEAL.search(page)):
                continue  # refused as iryna is, and as olena is
            status = self._ask(login, page, records)
            if status not in REFUSED:
                yield f"{login} is refused, but gets {status}: {page}"
            if login == "danylo" and OF_A_DEAL.search(page) and status != _NOT_FOUND:
                yield f"{login} learns of a foreign deal by {status}: {page}"
        if events_recorded(self.office) != before:
            yield f"Who is refused changes something: {page}"
        for login in [one for one in PEOPLE if one not in refused][:1]:
            status = self._ask(login, page, records)
            if status in REFUSED or status >= _FAILURE:
                yield f"{login} is let in, but gets {status}: {page}"
            if page.startswith("POST"):
                self.world.restore()

    def _ask(self, login: str, page: str, records: Records) -> int:
        method, endpoint = page.partition(" ")[0], self.endpoints[page]
        names = re.findall(r"<(?:[^:>]*:)?(\w+)>", page)
        places = {name: getattr(records, name, None) or PLACES[name] for name in names}
        address = self.addresses.build(endpoint, places, method=method)
        browser = self.world.browsers[login]
        if method == "GET":
            return browser.get(address, part=True).status_code
        return browser.post(address, FORM, part=True).status_code
