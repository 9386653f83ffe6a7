"""A lawyer and finance who approve side by side, each with a way of their own back to where the deal is prepared."""

from __future__ import annotations

from support.drawn_maps import END, START, chain, compiled, element, flow, step

from engine.bpmn.compiled import CompiledProcess

LEGAL, FINANCE = "Погодити: юрист", "Погодити: фінанси"


def parallel_returns() -> CompiledProcess:
    """prepare → legal beside finance, each returning to prepare → sign."""
    return compiled(
        START,
        _step("prepare", "Підготувати", "=owner"),
        _step("legal", LEGAL, "Юридичний відділ", approval="any"),
        _step("finance", FINANCE, "Фінансовий відділ", approval="any"),
        _step("sign", "Підписати", "=owner"),
        element("parallelGateway", "split"),
        element("parallelGateway", "join"),
        element("exclusiveGateway", "legal_said", "Юрист погодив?"),
        element("exclusiveGateway", "finance_said", "Фінанси погодили?"),
        END,
        chain("start", "prepare", "split", "legal", "legal_said"),
        chain("split", "finance", "finance_said"),
        flow("legal_said", "join", "Погоджено"),
        flow("legal_said", "prepare", "На доопрацювання"),
        flow("finance_said", "join", "Погоджено"),
        flow("finance_said", "prepare", "На доопрацювання"),
        chain("join", "sign", "end"),
    )


def _step(element_id: str, name: str, responsible: str, **said: str) -> str:
    return step(element_id, name, stage="Договір", responsible=responsible, deadline="1 р.д.", **said)
