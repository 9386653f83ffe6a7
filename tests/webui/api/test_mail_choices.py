from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, read

ApiOf = Callable[[str | None], ApiClient]


def test_choices_are_read_and_changed_piece_by_piece(api: ApiOf) -> None:
    olena = api("olena")
    usual = read(olena.get("/me/mail"))
    assert (usual["digest_times"], usual["keeps_quiet"]) == (["09:00"], True)
    assert (usual["deliveries"]["approval_asked"], usual["deliveries"]["deal_changed"]) == ("at_once", "digest")
    assert "incident" not in usual["deliveries"]
    read(olena.patch("/me/mail", {"deliveries": {"approval_asked": "never"}}))
    changed = read(olena.patch("/me/mail", {"digest_times": ["16:30", "8:00"], "keeps_quiet": False}))
    assert (changed["digest_times"], changed["keeps_quiet"]) == (["08:00", "16:30"], False)
    assert changed["deliveries"] == usual["deliveries"] | {"approval_asked": "never"}
    assert read(api("taras").get("/me/mail")) == usual
    assert (usual["places"]["step_opened"], usual["telegram_linked"]) == ("both", False)
    moved = read(olena.patch("/me/mail", {"places": {"step_opened": "telegram"}}))
    assert moved == changed | {"places": usual["places"] | {"step_opened": "telegram"}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"deliveries": {"reply_unread": "never"}}, "deliveries.reply_unread"),
        ({"places": {"reply_late": "telegram"}}, "places.reply_late"),
        ({"deliveries": {"birthday": "never"}}, "deliveries.birthday.[key]"),
        ({"digest_times": ["25:00"]}, "times"),
        ({"digest_times": []}, "digest_times"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(api: ApiOf, body: dict[str, object], field: str) -> None:
    assert set(faults(api("olena").patch("/me/mail", body))) == {field}
