from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from support.office import Office
from support.web import Browser, web_application

import webui
from engine.commands.people import set_password
from engine.model.deal import Deal
from engine.model.person import Person
from webui import sessions

SignIn = Callable[[str | None], Browser]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
NONCE = re.compile(r" 'nonce-[\w-]{16,}'")


def test_policy_is_the_documented_one(browse: SignIn) -> None:
    given = browse("olena").get("/inbox/steps", part=True).headers["Content-Security-Policy"]
    assert given == POLICY


def test_inline_code_runs_only_with_the_nonce_of_its_answer(browse: SignIn) -> None:
    page = browse(None).get("/sign-in")
    policy = page.headers["Content-Security-Policy"]
    assert NONCE.sub("", policy) == POLICY
    nonces = set(re.findall(r"'nonce-([^']+)'", policy))
    assert set(re.findall(r'<script nonce="([^"]+)"', page.text)) == nonces
    assert len(nonces) == 1
    assert "unsafe" not in policy


@pytest.mark.parametrize("address", ["http://[", "http://[::1", "http://a]/", "http://\u2100.example"])
def test_an_address_in_a_header_that_is_none_is_no_failure_of_ours(browse: SignIn, address: str) -> None:
    sent = address.encode().decode("latin-1")
    nobody, olena = browse(None), browse("olena")
    part = nobody.client.get("/inbox", headers={"HX-Request": "true", "HX-Current-URL": sent})
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/sign-in?expired=1")
    write = nobody.post("/deals", {}, headers={"Referer": sent})
    assert (write.status_code, write.location) == (303, "/sign-in?expired=1")
    assert olena.post("/deals", {}, headers={"Origin": sent}).status_code == 403


@pytest.mark.parametrize("address", ["/sign-in", "/inbox", "/deals", "/deals/board", "/deals/new", "/nowhere"])
def test_no_page_needs_inline_styles_or_handlers(browse: SignIn, address: str) -> None:
    page = browse("olena").get(address).text
    assert not re.search(r'<[^>]+ (style|on[a-z]+)="', page)
    assert "hx-on" not in page


def test_every_answer_carries_the_headers_once(browse: SignIn) -> None:
    olena = browse("olena")
    built, calls = ["/static/manifest.json", "/static/none.js"], ["/api/v1/me", "/api/v1/none"]
    for address in ["/sign-in", "/inbox", "/nowhere", *built, *calls]:
        headers = olena.get(address).headers
        assert len({name.lower() for name in headers.keys()}) == len(list(headers.keys())), address  # noqa: SIM118
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in headers


def test_over_https_browsers_are_told_to_stay_there(office: Office) -> None:
    client = web_application(office, BASE_URL="https://crm.example.com").test_client()
    proxied = {"X-Forwarded-For": "10.0.0.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "crm.example.com"}
    assert client.get("/sign-in", headers=proxied).headers["Strict-Transport-Security"] == "max-age=31536000"


def test_libraries_that_find_nothing_look_at_no_request(app: Flask) -> None:
    """Limits stand at single views, and nothing is remembered beyond a session: their hooks would find nothing."""
    for hooks in (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs):
        modules = {getattr(hook, "func", hook).__module__ for hook in hooks.get(None, [])}
        assert not any(module.startswith(("flask_limiter", "flask_login")) for module in modules), modules


def test_pages_are_not_kept_by_caches_and_built_files_are(browse: SignIn) -> None:
    olena = browse("olena")
    page = olena.get("/inbox")
    assert (page.headers["Cache-Control"], page.headers["Vary"]) == ("no-store", "HX-Request, Cookie")
    script = re.search(r'src="(/static/site-[^"]+)"', page.text)
    assert script is not None
    built = olena.get(script[1]).headers
    assert "immutable" in built["Cache-Control"]
    assert "Vary" not in built  # each page prolongs the cookie: browsers would fetch their scripts with each page
    assert olena.get("/static/none.js").headers["Cache-Control"] == "no-store"  # the next build may have it


def test_write_without_a_token_is_refused(office: Office, browse: SignIn) -> None:
    answer = browse("olena").post("/deals", {"title": "Чужа"}, token="forged")
    assert answer.status_code == 400
    with office.database.read() as session:
        assert session.query(Deal).count() == 0


def test_part_of_a_page_with_an_old_token_loads_the_page_again(browse: SignIn) -> None:
    answer = browse("olena").post("/preferences/theme", {"theme": "dark"}, part=True, token="old")
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (400, "true")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_write_from_another_site_is_refused(browse: SignIn, headers: dict[str, str]) -> None:
    answer = browse("olena").post("/preferences/theme", {"theme": "dark"}, headers=headers)
    assert answer.status_code == 403


def test_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(app: Flask) -> None:
    cookie = app.test_client().get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("reglament=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_over_https_the_cookie_belongs_to_this_host_alone(office: Office) -> None:
    app = web_application(office, BASE_URL="https://crm.example.com")
    cookie = app.test_client().get("/sign-in", base_url="https://crm.example.com").headers["Set-Cookie"]
    assert cookie.startswith("__Host-reglament=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_secret_key_is_made_once_and_kept_for_its_owner(office: Office, tmp_path: Path) -> None:
    keys = {web_application(office, SECRET_KEY="", REGLAMENT_VAR=str(tmp_path)).config["SECRET_KEY"] for _ in range(2)}
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_new_password_ends_the_other_sessions(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    assert olena.get("/inbox").status_code == 200
    office.do("admin", set_password, office.company.olena.id, "a new password")
    assert olena.get("/inbox").status_code == 302


def test_person_who_left_is_out_at_once(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    with office.database.write() as session:
        session.get_one(Person, office.company.olena.id).is_active = False
    assert olena.get("/inbox").status_code == 302


def test_visitor_is_sent_to_sign_in_and_back(browse: SignIn) -> None:
    answer = browse(None).get("/deals?overdue=1")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/deals?overdue%3D1"


def test_expired_session_sends_a_part_of_a_page_to_sign_in_and_back(browse: SignIn) -> None:
    visitor = browse(None)
    headers = {"HX-Current-URL": "http://localhost/work-items/7?tab=mine"}
    answer = visitor.post("/work-items/7/complete", {"field:discount": "5"}, part=True, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/work-items/7?tab%3Dmine&expired=1"


def test_expired_session_does_not_take_the_page_away_from_who_types(browse: SignIn) -> None:
    answer = browse(None).get("/inbox/count", part=True)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers


def test_expired_session_of_a_whole_form_does_the_same(browse: SignIn) -> None:
    visitor = browse(None)
    answer = visitor.post("/deals", {"title": "Насоси"}, headers={"Referer": "http://localhost/deals/new"})
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/deals/new&expired=1")


def test_a_page_asked_for_by_itself_does_not_keep_a_session_alive(browse: SignIn) -> None:
    olena = browse("olena")
    assert "Set-Cookie" in olena.get("/inbox").headers
    assert "Set-Cookie" not in olena.get("/inbox/steps", part=True).headers
    assert "Set-Cookie" not in olena.get("/inbox/count", part=True).headers


def test_every_part_that_a_page_asks_for_by_the_clock_is_known_as_such() -> None:
    asked = re.compile(r"""hx-get="{{ url_for\('([\w.]+)'[^>]*hx-trigger="[^"]*every """)
    found = {
        name
        for page in Path(webui.__file__).parent.joinpath("templates").rglob("*.html")
        for name in asked.findall(page.read_text())
    }
    assert {"client_imports.progress", "deal_imports.progress"} <= found
    assert found <= sessions._POLLED


def test_session_ends_after_half_a_day_of_silence(app: Flask) -> None:
    assert app.permanent_session_lifetime == timedelta(hours=12)


def test_every_page_is_closed_unless_it_says_otherwise(app: Flask) -> None:
    """The whole list of what a visitor may ask for, outside the API, which answers for itself."""
    opened = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if getattr(view, "is_open_to_all", False) and endpoint.partition(".")[0] not in {"api", "api_docs", "openapi"}
    }
    assert opened <= {
        "sign_in.show",
        "sign_in.submit",
        "sign_in.as_demo_person",
        "sign_in.leave",
        "company_sign_in.begin",
        "company_sign_in.come_back",
        "company_sign_in.ask",
        "company_sign_in.link",
        "passwords.forgotten",
        "passwords.ask",
        "passwords.show",
        "passwords.choose",
        "deadline_feeds.fetch",
        "preferences.set_locale",
        "preferences.set_theme",
        "health.show",
        "installing.manifest",
        "installing.worker",
        "installing.no_network",
        "verification.show",
    }


def test_no_page_writes_on_get(app: Flask) -> None:
    """Every address that changes something takes POST alone: a link or a picture can change nothing."""
    for rule in app.url_map.iter_rules():
        if rule.methods and "POST" in rule.methods and not rule.endpoint.startswith(("api.", "openapi")):
            assert "GET" not in rule.methods, rule
