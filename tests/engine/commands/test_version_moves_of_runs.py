from __future__ import annotations

from contextlib import suppress

import pytest
from support.canonical_maps import MapBuilder, when
from support.office import Office
from support.sales_map import hash_of, human, sales_map
from support.version_moves import move

from engine.bpmn.compiled import CompiledProcess
from engine.errors import MapFailed
from engine.model.deal import DealResult


def positions(*, asked: str, repeated: str = "each") -> CompiledProcess:
    """For each of two positions legal → papers → send, then pack → sign; ``repeated`` says what is done for each.

    ``asked`` is the step behind which a gateway looks at what legal decided, if any: then only what was approved goes
    on to the step after it.
    """
    builder = MapBuilder()
    twice = builder.multi_instance(repeated, cardinality="2")
    builder.start()
    builder.end("won")
    builder.end("lost")
    with builder.scope("each", twice if repeated == "each" else ""):
        builder.start("in")
        builder.step("legal", twice if repeated == "legal" else "")
        for step in ("papers", "send"):
            builder.step(step)
        builder.end("out")
        builder.chain("in", "legal", "papers")
        decided(builder, "papers", "send", "out", is_asked=asked == "papers")
        builder.chain("send", "out")
    builder.chain("start", builder.step("prepare"), "each", builder.step("pack"))
    decided(builder, "pack", builder.step("sign"), "lost", is_asked=asked == "pack")
    builder.chain("sign", "won")
    known, built = sales_map().steps, builder.build()
    steps = {name: known[name] for name in ("prepare", "legal", "sign")}
    steps |= {name: human(name, name, "Відділ продажів", "Договір") for name in ("papers", "send", "pack")}
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})


def decided(builder: MapBuilder, before: str, after: str, no: str, *, is_asked: bool) -> None:
    if not is_asked:
        builder.chain(before, after)
        return
    builder.gateway("exclusive", "decide")
    builder.chain(before, "decide")
    builder.flow("decide", after, when("approved", "legal"), "ok")
    builder.flow("decide", no, when("returned|rejected", "legal"), "no")


def answer_both(office: Office, *answers: str) -> None:
    """The answers of legal, one position after the other."""
    for answer in answers:
        office.wait(hours=1)
        item = next(one for one in office.open_steps() if one.element_id == "legal")
        office.complete("iryna", "legal", answer, comment="Так" if answer == "approved" else "Ні", work_item_id=item.id)


def do_each(office: Office, name: str) -> None:
    for item in [one for one in office.open_steps() if one.element_id == name]:
        with suppress(MapFailed):
            office.complete("olena", name, work_item_id=item.id)


def open_elements(office: Office) -> list[str]:
    return sorted(one.element_id for one in office.open_steps())


def test_what_was_decided_in_one_run_does_not_count_in_another_that_a_new_version_asks_about(office: Office) -> None:
    """The history knows who decided what, but not in which run: a rejected position must not be sent."""
    office.publish(positions(asked=""))
    office.open_deal()
    office.prepare()
    answer_both(office, "rejected", "approved")
    move(office, office.publish(positions(asked="papers")))
    do_each(office, "papers")
    assert "send" not in open_elements(office)


@pytest.mark.parametrize("repeated", ["each", "legal"])
@pytest.mark.parametrize("answered_before", [1, 2])
def test_behind_runs_that_decided_before_a_move_a_rejection_counts(
    office: Office, repeated: str, answered_before: int
) -> None:
    office.publish(positions(asked="", repeated=repeated))
    deal = office.open_deal()
    office.prepare()
    answers = ("rejected", "approved")
    answer_both(office, *answers[:answered_before])
    move(office, office.publish(positions(asked="pack", repeated=repeated)))
    answer_both(office, *answers[answered_before:])
    for step in ("papers", "send", "pack"):
        do_each(office, step)
    assert office.deal(deal).result is DealResult.LOST
