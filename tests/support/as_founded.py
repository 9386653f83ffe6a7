"""The company as it was founded, read once: a process that has served it knows as much when a test begins."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import select
from support.company import Company, company_of

import engine.queries.organisation
from engine.db.session import Database
from engine.model.company_revision import CompanyRevision
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of
from engine.queries.organisation import Organisation, organisation

_known_organisations = vars(engine.queries.organisation)["_kept"]


@dataclass(frozen=True, slots=True)
class AsFounded:
    """What holds as long as the company's number is ``revision``: nobody substitutes anybody, whatever the hour.

    ``company`` is pickled: each test has rows of its own.
    """

    revision: int
    company: bytes
    organisation: Organisation
    actors: Mapping[int, Actor]

    @classmethod
    def of(cls, database: Database) -> Self:
        """Read it from a database in which nothing has happened since."""
        with database.read() as session:
            company = company_of(session)
            return cls(
                session.scalars(select(CompanyRevision.number)).one(),
                pickle.dumps(company),
                organisation(session),
                {one.id: actor_of(session, one.id, one.created_at) for one in company.people},
            )

    def own_company(self) -> Company:
        company: Company = pickle.loads(self.company)  # noqa: S301  # this process has written it
        return company

    def tell(self, database: Database) -> None:
        """Let the engine know the organisation by its number, as if it had asked before."""
        _known_organisations[database.engine] = self.revision, self.organisation
