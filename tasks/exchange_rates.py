"""The National Bank is asked for its rates, where the administrator wants them."""

from __future__ import annotations

from engine.adapters.national_bank import BankRefused, BankSilent, BankUnreadable
from engine.commands.bank_rates import day_to_ask_for, keep_bank_rates, note_bank_problem, take_turn_to_ask
from engine.model.exchange_rate import BankProblem
from tasks.app import task
from tasks.services import services

_PROBLEMS = {
    BankSilent: BankProblem.UNREACHABLE,
    BankRefused: BankProblem.REFUSED,
    BankUnreadable: BankProblem.UNREADABLE,
}


@task
def ask_bank() -> None:
    """Once a working day; after a failure again in half an hour. No transaction is open while the bank answers."""
    given = services()
    with given.database.read() as session:  # a look that keeps no writer waiting
        if day_to_ask_for(session, now=given.clock.now()) is None:
            return
    with given.database.write() as session:
        day = take_turn_to_ask(session, clock=given.clock)
    if day is None:
        return
    try:
        told = given.bank.rates_of(day)
    except tuple(_PROBLEMS) as failure:
        with given.database.write() as session:
            note_bank_problem(session, _PROBLEMS[type(failure)])
        return
    with given.database.write() as session:
        keep_bank_rates(session, day, told, clock=given.clock)
