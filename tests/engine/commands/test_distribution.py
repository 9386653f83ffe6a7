"""A department's step finds its person by itself, where the map or the department says how."""

from __future__ import annotations

import hashlib
import threading
from datetime import timedelta

from support.office import Office
from support.sales_map import sales_map

from engine.bpmn.compiled import CompiledProcess, Distribution
from engine.commands.definitions import publishing_findings
from engine.commands.departments import update_department
from engine.commands.people import set_substitution
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.process_definition import ProcessDefinition


def giving_out(legal: Distribution | None, **more: object) -> CompiledProcess:
    drawn = sales_map()
    steps = dict(drawn.steps)
    steps["legal"] = steps["legal"].model_copy(update={"distribution": legal, **more})
    own_hash = hashlib.sha256(repr((legal, more)).encode()).hexdigest()
    return drawn.model_copy(update={"steps": steps, "content_hash": own_hash})


def lawyers(office: Office) -> tuple[int, int]:
    """Petro and Danylo join Iryna: the department of three, by id Iryna, Petro, Danylo."""
    with office.database.write() as session:
        for person in (office.company.petro, office.company.danylo):
            session.add(Membership(person_id=person.id, department_id=office.company.legal.id))
    return office.company.petro.id, office.company.danylo.id


def lawyer_of(office: Office, deal: Deal) -> int | None:
    office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    return office.step("legal", deal).assignee_id


def away(office: Office, login: str, substitute: str) -> None:
    today = office.clock.now().date()
    one, other = getattr(office.company, login).id, getattr(office.company, substitute).id
    office.do("admin", set_substitution, one, other, today, today + timedelta(days=5))


def test_a_map_that_says_nothing_leaves_the_step_to_whoever_takes_it(office: Office) -> None:
    lawyers(office)
    assert lawyer_of(office, office.open_deal()) is None


def test_steps_go_in_turn_and_who_is_away_is_passed_over(office: Office) -> None:
    petro, danylo = lawyers(office)
    iryna = office.company.iryna.id
    office.publish(giving_out(Distribution.ROUND_ROBIN))
    assert [lawyer_of(office, office.open_deal()) for _ in range(4)] == [iryna, petro, danylo, iryna]
    away(office, "petro", "danylo")
    assert [lawyer_of(office, office.open_deal()) for _ in range(2)] == [danylo, iryna]


def test_the_least_loaded_gets_the_step_and_the_department_says_so_for_all_maps(office: Office) -> None:
    petro, danylo = lawyers(office)
    iryna = office.company.iryna.id
    office.do("admin", update_department, office.company.legal.id, {"distribution": Distribution.LEAST_LOADED})
    deals = [office.open_deal() for _ in range(4)]
    assert [lawyer_of(office, deal) for deal in deals[:3]] == [iryna, petro, danylo]
    office.complete("petro", "legal", "approved", deal=deals[1])
    assert lawyer_of(office, deals[3]) == petro


def test_a_map_overrides_what_the_department_says(office: Office) -> None:
    lawyers(office)
    office.do("admin", update_department, office.company.legal.id, {"distribution": Distribution.LEAST_LOADED})
    office.publish(giving_out(Distribution.CLAIM))
    assert lawyer_of(office, office.open_deal()) is None


def test_the_client_keeps_the_lawyer_who_knows_them(office: Office) -> None:
    petro, _ = lawyers(office)
    office.publish(giving_out(Distribution.LAST))
    first = office.open_deal()
    assert lawyer_of(office, first) == office.company.iryna.id
    office.complete("iryna", "legal", "approved", deal=first)
    client_id = office.deal(first).client_id
    for _ in range(2):
        assert lawyer_of(office, office.open_deal(client=None, client_id=client_id)) == office.company.iryna.id
    away(office, "iryna", "petro")
    assert lawyer_of(office, office.open_deal(client=None, client_id=client_id)) == petro


def test_the_owner_gets_a_step_of_their_own_department_only(office: Office) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.olena.id, department_id=office.company.legal.id))
    office.publish(giving_out(Distribution.OWNER))
    assert lawyer_of(office, office.open_deal()) == office.company.olena.id
    foreign = office.open_deal("taras")
    office.complete("taras", "prepare", values={"discount": "5"}, deal=foreign)
    assert office.step("legal", foreign).assignee_id is None


def test_who_asks_for_an_approval_with_four_eyes_is_not_given_it(office: Office) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.olena.id, department_id=office.company.legal.id))
    office.publish(giving_out(Distribution.LEAST_LOADED, four_eyes=True))
    deals = [office.open_deal() for _ in range(2)]
    assert [lawyer_of(office, deal) for deal in deals] == [office.company.iryna.id] * 2


def test_two_steps_opened_at_once_do_not_both_choose_on_the_same_counts(office: Office) -> None:
    lawyers(office)
    office.publish(giving_out(Distribution.LEAST_LOADED))
    deals = [office.open_deal() for _ in range(3)]
    together = threading.Barrier(len(deals))

    def prepare(deal: Deal) -> None:
        together.wait()
        office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)

    threads = [threading.Thread(target=prepare, args=(deal,)) for deal in deals]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({office.step("legal", deal).assignee_id for deal in deals}) == len(deals)


def test_a_person_cannot_give_out_a_step_and_the_map_is_told(office: Office) -> None:
    definition = office.publish(giving_out(Distribution.ROUND_ROBIN, responsible=("iryna",)))
    with office.database.read() as session:
        told = publishing_findings(session, session.get_one(ProcessDefinition, definition.id))
    assert [(one.code, one.element_id) for one in told if one.code.startswith("DISTRIBUTION")] == [
        ("DISTRIBUTION_UNUSED", "legal")
    ]
