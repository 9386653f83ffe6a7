from __future__ import annotations

from support.sales_map import sales_map

from engine.bpmn.compiled import FieldChoice, FieldDefinition, FieldType
from engine.queries.map_fields import field_labels


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
