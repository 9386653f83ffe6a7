"""A next version of the shipped sale, edited in its file as an owner would edit it in a drawing tool."""

from __future__ import annotations

from processes import shipped_map

SALE = shipped_map("b2b-sale").content
CALL_BACK = """<bpmn:userTask id="thank" name="Подякувати за оплату"><bpmn:extensionElements><reglament:properties>
  <reglament:property name="stage" value="Оплата й відвантаження"/><reglament:property name="deadline" value="1 р.д."/>
  <reglament:property name="responsible" value="=owner"/></reglament:properties></bpmn:extensionElements>
  </bpmn:userTask>
  <bpmn:sequenceFlow id="b2b_21" sourceRef="receive_prepayment" targetRef="thank"/>
  <bpmn:sequenceFlow id="b2b_thanked" sourceRef="thank" targetRef="ship_goods"/>"""


def edited_sale(*edits: tuple[str, str], once: bool = True) -> bytes:
    """``edits`` are pairs of a text in the file and what stands there instead; ``once``: only at its first place."""
    text = SALE.decode()
    for before, now in edits:
        assert before in text, before
        text = text.replace(before, now, 1 if once else -1)
    return text.encode()


NEXT_SALE = edited_sale(
    ('name="Прийняти лід у роботу"', 'name="Взяти лід у роботу"'),
    ('name="deadline" value="4 роб. год"', 'name="deadline" value="1 р.д."'),
    ("discount &gt; 5", "discount &gt; 7"),
    ("Відкрийте звернення і зателефонуйте", "Одразу зателефонуйте"),
    ('name="contact_email" label="Електронна пошта" type="email"', 'name="contact_email" label="E-mail" type="email"'),
    ('<bpmn:sequenceFlow id="b2b_21" sourceRef="receive_prepayment" targetRef="ship_goods" />', CALL_BACK),
)
"""The first step renamed, with a longer deadline, another instruction and a renamed field; a condition changed; a step
added before the last one.
"""
