from __future__ import annotations

from support.sales_map import sales_map

from engine.bpmn.compiled import FieldChoice, FieldDefinition, FieldType
from engine.queries.map_fields import field_labels, kept_fields, map_fields


def test_fields_and_choices_of_a_content_have_the_labels_of_the_map() -> None:
    ways = (FieldChoice(value="half", label="Половина наперед"), FieldChoice(value="Потім", label="Потім"))
    terms = FieldDefinition(name="terms", label="Умови оплати", type=FieldType.CHOICE, choices=ways)
    services = FieldDefinition(name="services", label="Послуги", type=FieldType.MANY, choices=ways)
    plain = FieldDefinition(name="city", label="city")
    process = sales_map()
    step = process.steps["prepare"].model_copy(update={"fields": (terms, services, plain)})
    process = process.model_copy(update={"steps": {"prepare": step}, "content_hash": "labels"})
    content = {"fields": {"terms": "half", "services": ["half", "Потім"], "city": "Львів", "deal.terms": None, "x": 1}}
    assert field_labels(process, content) == {
        "terms": "Умови оплати",
        "terms=half": "Половина наперед",
        "services": "Послуги",
        "services=half": "Половина наперед",
        "deal.terms": "Умови оплати",
    }


def test_a_field_of_clients_that_the_company_words_anew_is_worded_so_at_once() -> None:
    process = sales_map()
    labels = []
    for label in ("Регіон", "Область"):
        own = FieldDefinition(name="region", label=label)
        step = process.steps["prepare"].model_copy(
            update={"fields": (FieldDefinition(name="client.region", label=label),)}
        )
        worded = process.model_copy(update={"steps": {"prepare": step}, "client_fields": {"region": own}})
        labels.append(map_fields(worded)["client.region"].label)
    assert labels == ["Регіон", "Область"]


def test_a_deal_keeps_a_value_under_its_name_without_a_root_and_by_the_step_that_asks_for_it() -> None:
    shown = FieldDefinition(name="deal.terms", label="Умови", type=FieldType.READ_ONLY)
    asked = FieldDefinition(name="deal.terms", label="Умови оплати", type=FieldType.NUMBER)
    process = sales_map()
    steps = {
        name: process.steps["prepare"].model_copy(update={"fields": (field,)})
        for name, field in (("first", asked), ("second", shown))
    }
    process = process.model_copy(update={"steps": steps, "content_hash": "kept"})
    assert kept_fields(process)["terms"] is asked
