"""The rules of the demo company's sale: what its owner never wants a new version to break."""

from __future__ import annotations

from engine.policy.map_rules import Expected, Given, Rule

_SOLD = {"qualify_client": ("b2b_fits",), "sign_contract": ("b2b_signed",)}

SALE_RULES = (
    Rule(
        name="Знижку 15 % погоджують керівник і фінанси",
        given=Given(values={"deal.amount": "500000", "discount": "15"}, outcomes=_SOLD),
        expected=Expected(through=("approve_by_head", "approve_by_finance", "approve_legal"), ends="won"),
    ),
    Rule(
        name="Без знижки керівника не турбують",
        given=Given(values={"deal.amount": "500000", "discount": "0"}, outcomes=_SOLD),
        expected=Expected(not_through=("approve_by_head", "approve_by_finance"), ends="won"),
    ),
)
