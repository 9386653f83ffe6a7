"""The journal on both kinds of database; what its page and its API tell is tried beside these."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session
from support.company import Company

from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.journal import JournalFilter, journal


@pytest.mark.parametrize("person_id", [2**31, 2**63 - 1])
def test_a_person_who_cannot_be_has_changed_nothing(
    session: Session, company: Company, as_actor: Callable[[Person], Actor], person_id: int
) -> None:
    assert journal(session, as_actor(company.admin), JournalFilter(person_id=person_id), limit=5).items == ()
