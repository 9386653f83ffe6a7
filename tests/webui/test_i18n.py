"""Texts of templates in the reader's language, and what fills their places."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import force_locale

from webui.i18n import _, locale, ngettext

TICK = '{{ _("Tick “%(name)s” of %(client)s", name=name, client="<i>") }}'
DEALS = '{{ ngettext("%(num)s deal", "%(num)s deals", 5) }}'


def rendered(app: Flask, source: str, **values: object) -> str:
    return app.jinja_env.from_string(source).render(values)


@pytest.mark.parametrize(
    ("language", "told"),
    [("uk", "Позначити «&lt;b&gt;» клієнта &lt;i&gt; 5 угод"), ("en", "Tick “&lt;b&gt;” of &lt;i&gt; 5 deals")],
)
def test_what_fills_a_text_is_escaped_and_the_text_is_not(speaking_app: Flask, language: str, told: str) -> None:
    with speaking_app.test_request_context(), force_locale(language):
        assert rendered(speaking_app, f"{TICK} {DEALS}", name="<b>") == told


def test_a_text_without_places_stays_as_it_is(speaking_app: Flask) -> None:
    with speaking_app.test_request_context(), force_locale("en"):
        assert rendered(speaking_app, '{{ _("Not <translated> & nobody\'s") }}') == "Not <translated> & nobody's"
        assert rendered(speaking_app, '{{ _("100%% of it") }}') == "100% of it"


def test_outside_of_an_application_texts_are_those_of_the_code() -> None:
    assert (_("Inbox"), ngettext("%(num)s deal", "%(num)s deals", 1)) == ("Inbox", "1 deal")
    assert locale().language == "uk"


def test_a_template_given_globals_keeps_them_to_itself(speaking_app: Flask) -> None:
    own = speaking_app.jinja_env.from_string("{{ only_here }}", globals={"only_here": "x"})
    assert own.render() == "x"
    assert rendered(speaking_app, "{{ only_here }}") == ""
