"""A map that decides by the client's card whether the lawyers are asked."""

from __future__ import annotations

from support.approval_maps import SUM, naming
from support.canonical_maps import MapBuilder
from support.sales_map import STAGES, hash_of, human

from engine.bpmn.compiled import CompiledProcess, ContentRule, FieldDefinition, Freedom

READS_SEGMENT = "Погодити: Юридичний відділ"
"""The name of the approval that only clients of the state need."""
NAME_AND_SUM = ContentRule(names=("client.name", "deal.amount"))


def asked_of_state_clients(*, asks_segment: bool = False, freedom: Freedom = Freedom.STRICT) -> CompiledProcess:
    """prepare → legal where the client's segment is "state" → terms → finance, of name and sum → sign.

    ``asks_segment``: the terms ask for the client's segment.
    """
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    for step in ("prepare", "legal", "terms", "finance", "sign"):
        builder.step(step)
    builder.gateway("exclusive", "much", default="little")
    builder.gateway("exclusive", "on")
    builder.chain("start", "prepare", "much")
    builder.flow("much", "legal", 'client.segment == "state"')
    builder.flow("much", "on", flow_id="little")
    builder.chain("legal", "on", "terms", "finance", "sign", "won")
    built = builder.build(variables={"client"})
    fields = (FieldDefinition(name="client.segment", label="Сегмент"),) if asks_segment else ()
    terms = human("terms", "Узгодити умови", "Відділ продажів", STAGES[1], fields=fields)
    known = {**naming({"legal": SUM, "finance": NAME_AND_SUM}).steps, "terms": terms}
    steps = {
        name: known[name].model_copy(update={"freedom": freedom})
        for name in ("prepare", "legal", "terms", "finance", "sign")
    }
    return built.model_copy(update={"steps": steps, "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}"})
