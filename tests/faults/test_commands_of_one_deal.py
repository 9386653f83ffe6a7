"""Commands of one deal wait for each other: each continues what the one before it has written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from faults.audit import assert_deal_is_whole, events
from support.office import Office

from engine.commands.deals import comment_on_deal

PEOPLE = ("olena", "bohdan", "olena", "bohdan")
COMMENTS = 10


def test_four_people_at_once_write_one_whole_history(office: Office) -> None:
    deal = office.open_deal()

    def comment(login: str) -> None:
        for number in range(COMMENTS):
            office.do(login, comment_on_deal, deal.id, f"Коментар {number}")

    with ThreadPoolExecutor(len(PEOPLE)) as pool:
        list(pool.map(comment, PEOPLE))
    with office.database.read() as session:
        assert events(session, deal.id)["commented"] == COMMENTS * len(PEOPLE)
        assert_deal_is_whole(session, deal.id)
