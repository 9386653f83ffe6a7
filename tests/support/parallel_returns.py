"""A lawyer and finance who approve side by side, each with a way of their own back to where the deal is prepared."""

from __future__ import annotations

from support.drawn_maps import END, START, chain, compiled, element, flow, step

from engine.bpmn.compiled import CompiledProcess

LEGAL, FINANCE = "Погодити: юрист", "Погодити: фінанси"


def parallel_returns() -> CompiledProcess:
    """prepare → legal beside finance, each returning to prepare → sign."""
    return around_approvals(chain("split", "legal"))


def around_approvals(*to_legal: str) -> CompiledProcess:
    """The same, with what stands between the split and the lawyer."""
    return compiled(
        START,
        said_step("prepare", "Підготувати", "=owner"),
        said_step("legal", LEGAL, "Юридичний відділ", approval="any"),
        said_step("finance", FINANCE, "Фінансовий відділ", approval="any"),
        said_step("sign", "Підписати", "=owner"),
        element("parallelGateway", "split"),
        element("parallelGateway", "join"),
        element("exclusiveGateway", "legal_said", "Юрист погодив?"),
        element("exclusiveGateway", "finance_said", "Фінанси погодили?"),
        END,
        *to_legal,
        chain("start", "prepare", "split", "finance", "finance_said"),
        chain("legal", "legal_said"),
        flow("legal_said", "join", "Погоджено"),
        flow("legal_said", "prepare", "На доопрацювання"),
        flow("finance_said", "join", "Погоджено"),
        flow("finance_said", "prepare", "На доопрацювання"),
        chain("join", "sign", "end"),
    )


def said_step(element_id: str, name: str, responsible: str, **said: str) -> str:
    """A step with all that a step should say."""
    return step(element_id, name, stage="Договір", responsible=responsible, deadline="1 р.д.", **said)
