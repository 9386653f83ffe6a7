"""One thing that can happen now, by whatever makes the choices."""

from __future__ import annotations

from support.token_game.acts import (
    Act,
    Answer,
    Choose,
    Complete,
    Deliver,
    Fire,
    FireEarly,
    Look,
    NewProcess,
    Repeated,
    Restart,
)
from support.token_game.chance import Chance
from support.token_game.maps import Chosen, Node, What
from support.token_game.match import Match

DECISIONS = ("approved", "returned", "rejected")
OUTSIDE = (What.MESSAGE, What.SIGNAL)
_DISTURBANCES: tuple[Act, ...] = (NewProcess(), Repeated(), Look())


def outcome(match: Match, node: Node, decision: int) -> str:
    """The button that ``decision`` presses at this step."""
    ways = [
        flow.flow_id for flow in match.flows if isinstance(flow.question, Chosen) and flow.question.step == node.node_id
    ]
    if ways:
        return ways[decision % len(ways)]
    if node.decides or (node.repeat is not None and not node.repeat.loop and not match.drawn):
        return DECISIONS[decision % len(DECISIONS)]
    return "completed"


def error_of(match: Match, service: Node) -> str | None:
    """The error that somebody catches at this service call."""
    for node in match.nodes.values():
        if node.host == service.node_id and node.event is not None and node.event.what is What.ERROR:
            return node.event.name
    return None


def parts(ad_hoc: Node) -> list[str]:
    """What a person can say in that ad-hoc sub-process: each part, then that nothing more begins."""
    inner, rule = ad_hoc.inner, ad_hoc.ad_hoc
    assert inner is not None
    assert rule is not None
    led_to = {flow.target for flow in inner.flows}
    first = [node.node_id for node in inner.nodes.values() if not (node.node_id in led_to or node.undoes or node.host)]
    return first if rule.variable else [*first, ""]


def answers(node: Node, bits: int) -> dict[str, bool]:
    """A value for each yes-or-no variable that the step writes."""
    return {name: bool(bits >> bit & 1) for bit, name in enumerate(node.answers)}


def random_act(played: Match, chance: Chance) -> Act:  # noqa: PLR0911  # one case for each kind of act
    if not played.began or played.game.finished:
        return Restart()
    steps, services = played.open_steps(), played.open_services()
    timers, events = played.open_events(What.TIMER), played.open_events(*OUTSIDE)
    able = ["step"] * 6 * bool(steps) + ["service"] * bool(services) + ["timer"] * 2 * bool(timers)
    choices = played.open_choices()
    able += ["event"] * bool(events) + ["choice"] * 2 * bool(choices)
    kind = able[chance.between(0, len(able) - 1)] if able and chance.between(0, 9) else "disturb"
    if kind == "disturb":
        if timers and not chance.between(0, 3):
            node, count = timers[chance.between(0, len(timers) - 1)]
            return FireEarly(node.node_id, chance.between(0, count - 1))
        return _DISTURBANCES[chance.between(0, len(_DISTURBANCES) - 1)]
    found = {"step": steps, "service": services, "timer": timers, "event": events, "choice": choices}[kind]
    node, count = found[chance.between(0, len(found) - 1)]
    nth = chance.between(0, count - 1)
    match kind:
        case "step":
            pressed = outcome(played, node, chance.between(0, 2))
            return Complete(node.node_id, nth, pressed, answers(node, chance.between(0, 63)))
        case "choice":
            offered = parts(node)
            return Choose(node.node_id, nth, offered[chance.between(0, len(offered) - 1)])
        case "service":
            return Answer(node.node_id, nth, error_of(played, node) if chance.between(0, 1) else None)
        case "timer":
            return Fire(node.node_id, nth, chance.between(0, 1) * chance.between(0, 40))
        case _:
            return Deliver(node.node_id, nth, by_hand=bool(chance.between(0, 1)))


def is_for_commands(match: Match, act: Act) -> bool:
    """A message command reaches all that wait for it, and nobody sends signals from outside."""
    if not isinstance(act, Deliver):
        return True
    waiting = {node.node_id: count for node, count in match.open_events(What.MESSAGE)}
    return waiting.get(act.event) == 1
