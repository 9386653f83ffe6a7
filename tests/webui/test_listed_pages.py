"""Pages of lists lead on with what their address asks for, whatever that is called."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from webui.listed_pages import page_links


@pytest.mark.parametrize("word", ["endpoint", "_scheme", "_external", "_anchor", "_method"])
def test_no_word_of_an_address_breaks_a_list_or_leads_elsewhere(word: str, app: Flask) -> None:
    with app.test_request_context(f"/control/steps?show=overdue&{word}=javascript&person=1&person=2&cursor=WzFd"):
        links = page_links("WzJd")
    for link in links.values():
        split = urlsplit(link or "")
        assert (split.scheme, split.netloc, split.path, split.fragment) == ("", "", "/control/steps", "")
    kept = [("show", "overdue"), (word, "javascript"), ("person", "1"), ("person", "2")]
    assert parse_qsl(urlsplit(links["first_url"] or "").query) == kept
    assert parse_qsl(urlsplit(links["next_url"] or "").query) == [*kept, ("cursor", "WzJd")]
