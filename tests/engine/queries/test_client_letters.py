"""What a letter of a long talk costs the database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event, update
from support.client_mail import deal_with_a_contact, letters_in, write
from support.office import Office

from engine.adapters.received_mail import ReceivedMessage
from engine.commands.mail_answers import Became, take_answer
from engine.model.client_letter import ClientLetter
from engine.model.letter import Letter, LetterState
from engine.queries.client_letters import MOST_REFERENCES, answered_letter, leaving_letter

STRANGERS = tuple(f"{number:032x}" for number in range(30))


@pytest.fixture
def statements(office: Office) -> Callable[[Callable[[], object]], int]:
    """How many statements something takes."""
    said: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: said.append(told[2]))

    def count(work: Callable[[], object]) -> int:
        said.clear()
        work()
        return len([one for one in said if not one.startswith("BEGIN")])

    return count


def answered(office: Office, *keys: str) -> int | None:
    with office.database.read() as session:
        return answered_letter(session, keys)


def letter_to_iryna(office: Office) -> str:
    """Its key."""
    letter = Letter(
        key="f" * 32,
        state=LetterState.SENT,
        person_id=office.company.iryna.id,
        job_id="",
        written_at=office.clock.now(),
    )
    with office.database.write() as session:
        session.add(letter)
    return letter.key


def test_of_all_that_a_message_names_the_first_letter_of_ours_is_answered(office: Office) -> None:
    deal = deal_with_a_contact(office)
    first, second = write(office, deal), write(office, deal)
    keys = {letter.id: str(letter.key) for letter in letters_in(office)}
    to_iryna = letter_to_iryna(office)
    assert answered(office) is None
    assert answered(office, *STRANGERS) is None
    assert answered(office, *STRANGERS, keys[second], keys[first], to_iryna) == second
    assert answered(office, keys[first], keys[second]) == first
    assert answered(office, to_iryna, keys[first]) is None, "it answers a letter to one of us"


def test_a_message_that_names_many_letters_is_matched_by_one_query(
    office: Office, statements: Callable[[Callable[[], object]], int]
) -> None:
    write(office, deal_with_a_contact(office))
    (letter,) = letters_in(office)
    assert statements(lambda: answered(office, str(letter.key))) == 1
    assert statements(lambda: answered(office, *STRANGERS, str(letter.key))) == 1

    def take(message_id: str, *keys: str) -> Became | None:
        message = ReceivedMessage(
            message_id, f"<{message_id}@example.com>", "", keys, is_automatic=True, failure="", text=""
        )
        with office.database.write() as session:
            return take_answer(session, message, clock=office.clock)

    to_iryna = letter_to_iryna(office)
    assert take("1", *STRANGERS, to_iryna) is Became.AUTOMATIC
    assert take("2", *STRANGERS) is Became.UNKNOWN
    assert statements(lambda: take("3", to_iryna)) == statements(lambda: take("4", *STRANGERS, to_iryna))


def test_a_letter_that_leaves_in_a_long_talk_asks_no_more_than_the_first_answer(
    office: Office, statements: Callable[[Callable[[], object]], int]
) -> None:
    deal, ids = deal_with_a_contact(office), list[int]()
    for _ in range(MOST_REFERENCES + 5):
        ids.append(write(office, deal, answers_id=ids[-1] if ids else None))
    with office.database.write() as session:
        received = {"key": None, "message_id": "<7@client.example.com>"}
        session.execute(update(ClientLetter).where(ClientLetter.id == ids[-3]).values(received))
        session.execute(update(ClientLetter).where(ClientLetter.id == ids[-2]).values(key=None, message_id=""))
    follows: list[tuple[str, ...]] = []

    def leave(letter_id: int) -> None:
        with office.database.read() as session:
            leaving = leaving_letter(session, letter_id)
        assert leaving is not None
        follows.append(leaving.follows)

    assert statements(lambda: leave(ids[1])) == statements(lambda: leave(ids[-1]))
    leave(ids[0])
    keys = [letter.key or letter.message_id for letter in letters_in(office)]
    told = [key for key in keys[:-1] if key]
    assert follows == [(keys[0],), (told[0], *told[1 - MOST_REFERENCES :]), ()]
    assert follows[1][-1] == "<7@client.example.com>"
