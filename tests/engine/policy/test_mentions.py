from __future__ import annotations

import pytest

from engine.policy.mentions import MOST_MENTIONED, mentioned_logins, with_names


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@olena глянь, будь ласка", ("olena",)),
        ("Прошу @Olena, (@taras) і @bohdan.", ("olena", "taras", "bohdan")),
        ("@olena @olena", ("olena",)),
        ("пишіть на office@olena.example", ()),
        ("https://example.com/@olena", ()),
        ("@@olena", ()),
        ("@ olena", ()),
        ("@o.kravchuk-2, дякую", ("o.kravchuk-2",)),
    ],
)
def test_names_in_a_comment_and_addresses_that_are_none(text: str, logins: tuple[str, ...]) -> None:
    assert mentioned_logins(text) == logins


def test_a_comment_names_no_more_people_than_anybody_would_read() -> None:
    assert len(mentioned_logins(" ".join(f"@p{number}" for number in range(90)))) == MOST_MENTIONED


def test_logins_are_read_as_names() -> None:
    text = "@olena, спитай @danylo."
    assert with_names(text, {"olena": "Олена Коваль"}) == "@Олена Коваль, спитай @danylo."
