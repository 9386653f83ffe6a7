from __future__ import annotations

from datetime import timedelta

from support.office import Office

from engine.model.substitution import Substitution
from engine.queries.absences import substitutes_of


def test_who_acts_for_somebody_acts_also_through_others_and_never_for_themselves(office: Office) -> None:
    company, at = office.company, office.clock.now()
    today = at.date()
    pairs = (
        (company.olena, company.taras, 0),
        (company.taras, company.bohdan, 0),
        (company.bohdan, company.olena, 0),  # in a circle
        (company.iryna, company.taras, 0),
        (company.petro, company.admin, 1),  # from tomorrow
    )
    with office.database.write() as session:
        for absent, substitute, days in pairs:
            starts_on = today + timedelta(days=days)
            session.add(
                Substitution(
                    person_id=absent.id,
                    substitute_id=substitute.id,
                    starts_on=starts_on,
                    ends_on=starts_on,
                )
            )
    asked = [company.olena.id, company.iryna.id, company.petro.id]
    with office.database.read() as session:
        assert substitutes_of(session, asked, at) == {
            company.olena.id: tuple(sorted((company.taras.id, company.bohdan.id))),
            company.iryna.id: tuple(sorted((company.taras.id, company.bohdan.id, company.olena.id))),
            company.petro.id: (),
        }
        assert substitutes_of(session, (), at) == {}
