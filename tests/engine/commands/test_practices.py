from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update
from support.canonical_maps import MapBuilder
from support.files import asking_for_files
from support.office import MONDAY_10, Office
from support.sales_map import human, sales_map

from engine.bpmn.compiled import CompiledProcess
from engine.commands import practice_walk
from engine.commands.practice_walk import Action, Answer, DoStep, OpenDeal, PassTime, PracticeWalk, Walked, walk
from engine.commands.practices import PracticeWentOn, act_in_practice, forget_practice, start_practice, take_back
from engine.commands.upkeep import prune
from engine.db import outbox
from engine.db.job import Job
from engine.errors import InvalidInput, NotAllowed, NotFound
from engine.model.client import Client
from engine.model.deal import Deal, DealResult
from engine.model.deal_file import DealFile
from engine.model.history_event import HistoryEvent
from engine.model.practice import Practice
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.service_call import ServiceCall
from engine.queries.practices import PracticeView, own_practices, practice_view


class Trial:
    """The process owner trying the sale, which is still a draft."""

    def __init__(self, office: Office, definition_id: int = 1) -> None:
        self.office, self.definition_id = office, definition_id
        with office.database.write() as session:
            session.execute(update(ProcessDefinition).values(state=DefinitionState.DRAFT))
        self.owner = office.actor("owner")
        opening = OpenDeal(
            at=office.clock.now(),
            person_id=office.company.olena.id,
            title="Проба",
            amount=Decimal("500000.50"),
            client={"name": "ТОВ «Проба»"},
        )
        self.id = start_practice(office.database, definition_id, opening, actor=self.owner, clock=office.clock).id

    def row(self) -> Practice:
        with self.office.database.read() as session:
            return session.get_one(Practice, self.id)

    def act(self, action: Action, revision: int | None = None) -> None:
        act_in_practice(
            self.office.database,
            self.id,
            action,
            revision=self.row().revision if revision is None else revision,
            actor=self.owner,
            clock=self.office.clock,
        )

    def do(self, step: str, login: str, outcome: str = "completed", **values: Any) -> None:
        (item,) = (one.row.id for one in self.view().steps if one.row.element_id == step)
        person = getattr(self.office.company, login)
        self.act(DoStep(work_item_id=item, person_id=person.id, outcome=outcome, values=values, comment="Так"))

    def walked(self) -> Walked:
        with self.office.database.read() as session:
            definition = session.get_one(ProcessDefinition, self.definition_id)
            return walk(session, definition, session.get_one(Practice, self.id).actions)

    def view(self) -> PracticeView:
        stand = self.walked().stand
        awake = PracticeWalk(stand)
        with awake.database.read() as inside:
            view = practice_view(inside, stand.now)
        awake.close()
        return view

    def take_back(self) -> None:
        take_back(
            self.office.database, self.id, revision=self.row().revision, actor=self.owner, clock=self.office.clock
        )


@pytest.fixture
def trial(office: Office) -> Trial:
    return Trial(office)


def waiting(trial: Trial) -> list[str]:
    return [one.row.element_id for one in trial.view().steps]


def test_a_draft_is_walked_to_its_end_by_every_role_and_nothing_of_it_is_real(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(outbox, "_listeners", [told.append])
    assert [one.full_name for one in trial.view().steps[0].doers] == ["Олена Коваль"]
    trial.do("prepare", "olena", discount="7,5")
    trial.act(PassTime(until=MONDAY_10 + timedelta(days=4)))  # the approvals are late: letters are decided
    for element_id, login in (("legal", "iryna"), ("finance", "oksana"), ("logistics", "petro")):
        trial.do(element_id, login, "approved")
    trial.do("sign", "olena")
    view = trial.view()
    assert (view.is_over, view.result, view.amount) == (True, DealResult.WON, Decimal("500000.50"))
    assert {letter.to for letter in view.letters} >= {"Ірина Бондар", "Оксана Ткач", "Петро Лисенко"}
    assert told == []
    with trial.office.database.read() as session:
        for model in (Deal, Client, HistoryEvent, Job):
            assert session.scalar(select(func.count()).select_from(model)) == 0, model


def test_time_goes_to_what_comes_next_and_escalations_happen_at_their_moments(trial: Trial) -> None:
    following = trial.view().next
    assert following is not None
    trial.act(PassTime(until=following.at))
    assert trial.walked().stand.now == following.at
    kinds = [row.kind for row in trial.view().history]
    assert kinds[0] in {"reminder_sent", "head_told"}
    assert trial.view().history[0].at == following.at
    assert trial.view().letters[0].at == following.at


def test_taking_back_leads_to_exactly_where_it_was_and_the_opening_stays(trial: Trial) -> None:
    before = trial.view()
    trial.do("prepare", "olena", discount="3")
    assert sorted(waiting(trial)) == ["finance", "legal", "logistics"]
    trial.take_back()
    assert trial.view() == before
    trial.take_back()
    assert waiting(trial) == ["prepare"]


def test_another_process_walks_the_same_way_from_what_is_kept(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    trial.do("prepare", "olena", discount="3")
    trial.act(PassTime(until=MONDAY_10 + timedelta(days=1)))
    trial.do("legal", "iryna", "returned")
    before = trial.view()
    monkeypatch.setattr(practice_walk, "_stands", practice_walk._Stands())  # as another process begins
    assert trial.view() == before


def test_what_is_wrong_is_said_and_changes_nothing(trial: Trial) -> None:
    before = trial.row().actions
    with pytest.raises(InvalidInput):
        trial.do("prepare", "olena", discount="99")
    with pytest.raises(NotAllowed):
        trial.do("prepare", "bohdan", discount="3")
    assert trial.row().actions == before


def test_two_tabs_do_not_act_on_what_only_one_has_seen(trial: Trial) -> None:
    seen = trial.row().revision
    trial.do("prepare", "olena", discount="3")
    with pytest.raises(PracticeWentOn):
        trial.act(PassTime(until=MONDAY_10 + timedelta(days=1)), revision=seen)


def test_what_a_changed_map_does_not_allow_any_more_is_left_out_and_said(trial: Trial) -> None:
    trial.do("prepare", "olena", discount="30")
    trial.act(PassTime(until=MONDAY_10 + timedelta(hours=1)))
    process = sales_map()
    offer = process.steps["prepare"]
    narrow = [one.model_copy(update={"maximum": "10"}) if one.name == "discount" else one for one in offer.fields]
    stricter = {**process.steps, "prepare": offer.model_copy(update={"fields": tuple(narrow)})}
    amended = process.model_copy(update={"steps": stricter, "content_hash": "amended"})
    with trial.office.database.write() as session:
        definition = session.get_one(ProcessDefinition, 1)
        definition.compiled, definition.content_hash = amended.model_dump_json(), amended.content_hash
    walked = trial.walked()
    assert (walked.done, isinstance(walked.problem, InvalidInput)) == (1, True)
    assert waiting(trial) == ["prepare"]
    trial.do("prepare", "olena", discount="5")
    assert trial.walked().problem is None
    assert len(trial.row().actions) == 2


def charging_map() -> CompiledProcess:
    builder = MapBuilder()
    builder.start()
    builder.call_service("charge")
    builder.step("ask_again")
    builder.end("won")
    builder.boundary("refused", "charge", builder.error("NO_MONEY"))
    builder.chain("start", "charge", "won")
    builder.chain("refused", "ask_again", "won")
    built = builder.build()
    return built.model_copy(update={"steps": {"ask_again": human("ask_again", "Спитати", "власник угоди", "")}})


def test_a_form_that_asks_for_files_is_content_with_their_names(office: Office) -> None:
    asking = asking_for_files('name="contract" label="Договір" type="file" required="true"')
    trial = Trial(office, office.publish(asking).id)
    with pytest.raises(InvalidInput):
        trial.do("prepare", "olena", contract="")
    trial.do("prepare", "olena", contract="Договір.pdf")
    assert waiting(trial) == ["approve"]
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(DealFile)) == 0


def test_nothing_is_called_for_real_and_its_owner_says_what_comes_back(office: Office) -> None:
    office.publish(charging_map())
    trial = Trial(office, definition_id=2)
    (call,) = trial.view().answers
    assert call.name == "charge"
    trial.act(Answer(activity_id=call.activity_id, error="NO_MONEY"))
    assert waiting(trial) == ["ask_again"]
    trial.take_back()
    trial.act(Answer(activity_id=call.activity_id))
    assert (trial.view().is_over, trial.view().answers) == (True, ())
    with office.database.read() as session:
        for model in (Job, ServiceCall):
            assert session.scalar(select(func.count()).select_from(model)) == 0, model


def test_a_practice_is_its_owners_alone_and_needs_the_right_to_draw_maps(trial: Trial) -> None:
    office = trial.office
    with office.database.read() as session:
        assert [one.id for one in own_practices(session, trial.owner, 1)] == [trial.id]
    for login in ("admin", "olena"):
        with pytest.raises(NotFound):
            take_back(office.database, trial.id, revision=1, actor=office.actor(login), clock=office.clock)
    opening = OpenDeal(at=office.clock.now(), person_id=office.company.olena.id, title="П", client={"name": "Т"})
    with pytest.raises(NotAllowed):
        start_practice(office.database, 1, opening, actor=office.actor("olena"), clock=office.clock)
    with office.database.write() as session:
        assert forget_practice(session, trial.id, actor=trial.owner) == 1


def test_a_practice_that_nobody_goes_on_with_is_forgotten(trial: Trial) -> None:
    office = trial.office
    for days, left in ((29, 1), (2, 0)):
        office.clock.advance(timedelta(days=days))
        with office.database.write() as session:
            prune(session, clock=office.clock)
            assert session.scalar(select(func.count()).select_from(Practice)) == left
