"""Who is meant by the responsible persons that a list names."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.person import Person
from engine.policy.search_keys import fold

_BRACKETED = re.compile(r"\s*[\[(<].*?[\])>]")


class ImportedOwners:
    """The active people by login, e-mail, and full name with its words in any order; also without the patronymic."""

    def __init__(self, session: Session) -> None:
        people = session.execute(
            select(Person.id, Person.login, Person.email, Person.full_name).where(Person.is_active)
        ).all()
        self._exactly: dict[str, set[int]] = {}
        self._named: list[tuple[frozenset[str], int]] = []
        for one in people:
            for key in filter(None, (fold(one.login), fold(one.email))):
                self._exactly.setdefault(key, set()).add(one.id)
            self._named.append((frozenset(fold(one.full_name).split()), one.id))

    def find(self, text: str) -> int | None:
        """None where nobody is called so, or several are."""
        wanted = fold(_BRACKETED.sub("", text))
        if exact := self._exactly.get(wanted):
            return next(iter(exact)) if len(exact) == 1 else None
        words = frozenset(wanted.split())
        same = [person for name, person in self._named if name == words]
        if not same and len(words) > 1:
            same = [person for name, person in self._named if len(name) > 1 and (name <= words or words <= name)]
        return same[0] if len(same) == 1 else None
