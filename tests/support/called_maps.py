"""Maps with steps that programs do: drawn in a few words and published at the office."""

from __future__ import annotations

from support.drawn_maps import END, START, bag, chain, compiled, element, flow, step

from engine.bpmn.compiled import CompiledProcess

NO_DATA = '<error id="e" name="Немає даних" errorCode="NO_DATA"/>'


def calling_map(*more: str, around: str = "", **said: str) -> CompiledProcess:
    """One call, then a step of the deal's owner."""
    return compiled(
        START,
        element("serviceTask", "call", "Перевірити клієнта", bag(**said)),
        step("after", "Підготувати пропозицію", відповідальний="власник угоди", етап="Пропозиція", термін="2 р.д."),
        END,
        chain("start", "call", "after", "end"),
        *more,
        around=around,
    )


def job_map(*more: str, around: str = "", **said: str) -> CompiledProcess:
    """The call is a job of the topic ``score`` that gets the deal's sum."""
    inputs = {"input.amount": "deal.amount", "input.limit": "deal.limit"}
    return calling_map(*more, around=around, **({"connector": "job", "topic": "score"} | inputs | said))


def on_error(code: str, target: str) -> tuple[str, ...]:
    """An error event of that code on the call's border, that leads to a step ``target`` of the deal's owner."""
    inner = '<errorEventDefinition errorRef="e"/>' if code else "<errorEventDefinition/>"
    return (
        element("boundaryEvent", "caught", "", inner, attachedToRef="call"),
        step(target, "Спитати клієнта", відповідальний="власник угоди", етап="Пропозиція", термін="2 р.д."),
        element("endEvent", "asked"),
        chain("caught", target, "asked"),
    )


def rated_map() -> CompiledProcess:
    """The job's answer decides the way; an answer without a rating decides nothing."""
    return compiled(
        START,
        element(
            "serviceTask", "call", "Оцінити", bag(**{"connector": "job", "topic": "score", "result.rating": "rating"})
        ),
        element("exclusiveGateway", "good", "Добре?"),
        step("after", "Підготувати пропозицію", відповідальний="власник угоди", етап="Пропозиція", термін="2 р.д."),
        END,
        chain("start", "call", "good"),
        flow("good", "after", condition="rating > 5"),
        flow("good", "end", condition="rating <= 5"),
        chain("after", "end"),
    )
