"""What the people of the demo company type into the forms and which button they press."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from engine.bpmn.compiled import FieldDefinition, FieldType, Outcome, OutcomeKind, StepDefinition

_TEXTS = {
    "needs": "Замінити застаріле обладнання до початку сезону, навчити двох операторів, сервіс три роки.",
    "delivery_place": "Склад клієнта, розвантаження краном клієнта",
    "decision_maker": "Директор разом із головним інженером",
    "offer_text": "Обладнання згідно зі специфікацією, пусконалагодження, гарантія 24 місяці.",
    "rework_note": "Зменшено знижку, передплату піднято до 50 %, уточнено строк поставки.",
    "discount_reason": "Клієнт бере обсяг на рік наперед і погоджується на передплату.",
    "contact_name": "Керівник закупівель",
    "call_result": "Просить два дні на погодження з директором.",
    "participation_reason": "Вимоги відповідають нашому обладнанню, маржа не менша за 18 %.",
    "tender_requirements": "Поставка протягом 45 днів, сертифікат відповідності, досвід двох подібних договорів.",
    "loss_details": "Переможець запропонував ціну на 9 % нижчу за нашу межу.",
    "tender_number": "UA-2026-09-14-000317-a",
}
LOSS_REASONS = (
    *("Ціна", "Вибрали конкурента", "Умови оплати чи постачання", "Потреба відпала", "Немає бюджету"),
    *("Не наш клієнт", "Немає відповіді"),
)
_REASONS = {
    OutcomeKind.RETURNED: (
        "Знижка більша, ніж дозволяє маржа. Перерахуйте.",
        "Немає умов відповідальності за затримку оплати.",
        "Строк поставки нереальний: на складі лише половина.",
        "Уточніть реквізити клієнта і валюту договору.",
    ),
    OutcomeKind.REJECTED: (
        "Клієнт має прострочену заборгованість понад 90 днів.",
        "Умови договору порушують нашу політику відповідальності.",
    ),
}
_GOOD_WAYS = ("Підходить", "Підписано", "Беремо участь", "Перемога", "Так", "Погоджено")


def pressed(step: StepDefinition, random: Random) -> tuple[Outcome, str]:
    """The button and the reason: most is approved and goes on, some comes back, little is refused."""
    by_kind = {one.kind: one for one in step.outcomes}
    if OutcomeKind.APPROVED in by_kind:
        dice = random.random()
        kind = OutcomeKind.APPROVED if dice < 0.8 else OutcomeKind.RETURNED if dice < 0.97 else OutcomeKind.REJECTED  # noqa: PLR2004  # shares
        chosen = by_kind.get(kind, by_kind[OutcomeKind.APPROVED])
        return chosen, random.choice(_REASONS.get(chosen.kind, ("",)))
    if len(step.outcomes) > 1:
        good = [one for one in step.outcomes if one.label in _GOOD_WAYS]
        others = [one for one in step.outcomes if one not in good]
        chosen = random.choice(good if good and (random.random() < 0.85 or not others) else others)  # noqa: PLR2004  # a share
        return chosen, "Так домовилися з клієнтом." if chosen.needs_reason else ""
    return step.outcomes[0], ""


def typed(fields: Sequence[FieldDefinition], amount: Decimal | None, now: datetime, random: Random) -> dict[str, Any]:
    """Values for every field, in the spelling of the API. ``now`` is the moment of typing, aware UTC."""
    return {
        one.name: _value(one, amount or Decimal(50_000), now, random)
        for one in fields
        if one.is_typed and one.type is not FieldType.FILE
    }


def _value(one: FieldDefinition, amount: Decimal, now: datetime, random: Random) -> Any:
    if one.name == "discount":
        return str(random.choice((0, 2, 3, 3, 5, 7, 8, 12, 15)))
    if one.name == "deal.close_date":
        return (now + timedelta(days=random.randrange(14, 40))).date().isoformat()
    if one.type is FieldType.MONEY:
        share = Decimal(random.randrange(85, 101)) / 100
        return str((amount * share).quantize(Decimal("0.01")))
    answer = _ANSWERS.get(one.type, _text)
    return answer(one, now, random)


def _text(one: FieldDefinition, now: datetime, random: Random) -> str | None:
    if one.name.endswith("number"):
        return _TEXTS.get(one.name, f"{random.randrange(100, 999)}/26")
    if not one.required and random.random() < 0.5:  # noqa: PLR2004  # half leave it empty
        return None
    if one.name == "loss_reason":
        return LOSS_REASONS[now.toordinal() % len(LOSS_REASONS)]
    return _TEXTS.get(one.name, "Узгоджено з клієнтом телефоном.")


_Answer = Callable[[FieldDefinition, datetime, Random], Any]
_ANSWERS: Mapping[FieldType, _Answer] = {
    FieldType.NUMBER: lambda _one, _now, random: str(random.randrange(5, 25)),
    FieldType.PERCENT: lambda _one, _now, random: str(random.randrange(5, 25)),
    FieldType.DATE: lambda _one, now, random: (now + timedelta(days=random.randrange(3, 30))).date().isoformat(),
    FieldType.MOMENT: lambda _one, now, random: (now + timedelta(days=random.randrange(1, 5))).isoformat(),
    FieldType.YES_NO: lambda _one, _now, _random: True,
    FieldType.CHOICE: lambda one, _now, random: random.choice(one.choices).value if one.choices else None,
    FieldType.MANY: lambda one, _now, _random: [choice.value for choice in one.choices[:1]],
    FieldType.LINES: lambda one, now, random: [
        typed(one.columns, Decimal(random.randrange(1, 40) * 1000), now, random) for _ in range(random.randrange(1, 4))
    ],
    FieldType.PHONE: lambda _one, _now, random: f"+38067{random.randrange(1_000_000, 10_000_000)}",
    FieldType.EMAIL: lambda _one, _now, _random: "zakupivli@client.example",
}
