"""A tree becomes nested Python closures: compiled once, then run without looking at the text or the tree again."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from engine.bpmn.expressions import syntax
from engine.bpmn.expressions.arithmetic import calculate, negate
from engine.bpmn.expressions.budget import Budget, weight
from engine.bpmn.expressions.comparison import ORDERS, belongs, coerce, equal, order
from engine.bpmn.expressions.failures import ValueTooLarge, YesOrNoExpected
from engine.bpmn.expressions.functions import FUNCTIONS
from engine.bpmn.expressions.values import NUMBER_TYPES, Range, admit, field_of, item_of, short_list

Lookup = Callable[[str], Any]
Closure = Callable[[Lookup, Budget], Any]
Relation = Callable[[Any, Any], bool]
Compare = Callable[[Any, Any, Budget], bool | None]
Rounds = Callable[[Lookup, Budget], Iterator[Any] | None]

POWER_TICKS: Final = 50  # raising to a power is the slowest thing that one step can do
EQUALITIES: Final[dict[str, Relation]] = {"=": operator.eq, "!=": operator.ne}
SCALARS: Final = frozenset({str, bool, int, *NUMBER_TYPES})


def build(node: syntax.Node) -> Closure:
    """The closure that evaluates ``node``. It raises ExpressionFailed, and nothing else on purpose."""
    return BUILDERS[type(node)](node)


def _build_all(nodes: Sequence[syntax.Node]) -> tuple[Closure, ...]:
    return tuple(build(node) for node in nodes)


def _constant(node: syntax.Constant) -> Closure:
    value = node.value
    return lambda _lookup, _budget: value


def _variable(node: syntax.Variable) -> Closure:
    name = node.name

    def read(lookup: Lookup, _budget: Budget) -> Any:
        value = lookup(name)
        return value if value is True or value is False or value is None else admit(value)

    return read


def _loop_variable(node: syntax.LoopVariable) -> Closure:
    place = node.place
    return lambda _lookup, budget: budget.loop_values[place]


def _field(node: syntax.Field) -> Closure:
    target, name = build(node.target), node.name

    def read(lookup: Lookup, budget: Budget) -> Any:
        value = target(lookup, budget)
        return admit(value.get(name)) if type(value) is dict else field_of(value, name, budget)

    return read


def _item(node: syntax.Item) -> Closure:
    target, index, from_one = build(node.target), build(node.index), node.from_one
    return lambda lookup, budget: item_of(target(lookup, budget), index(lookup, budget), from_one=from_one)


def _call(node: syntax.Call) -> Closure:
    function = FUNCTIONS[node.function]
    apply, takes_budget = function.apply, function.takes_budget
    arguments = _build_all(node.arguments)

    def call(lookup: Lookup, budget: Budget) -> Any:
        values = [argument(lookup, budget) for argument in arguments]
        budget.spend(1 + sum(map(weight, values)))
        return apply(budget, *values) if takes_budget else apply(*values)

    return call


def _not(node: syntax.Not) -> Closure:
    operand = build(node.operand)

    def invert(lookup: Lookup, budget: Budget) -> bool | None:
        value = operand(lookup, budget)
        if value is None:
            return None
        if type(value) is not bool:
            raise YesOrNoExpected
        return not value

    return invert


def _minus(node: syntax.Minus) -> Closure:
    operand = build(node.operand)
    return lambda lookup, budget: negate(operand(lookup, budget))


def _junction(node: syntax.Junction) -> Closure:
    parts = _build_all(node.parts)
    deciding: bool = node.word == "or"

    def decide(lookup: Lookup, budget: Budget) -> bool | None:
        return _decide((part(lookup, budget) for part in parts), deciding=deciding)

    return decide


def _decide(answers: Iterable[Any], *, deciding: bool) -> bool | None:
    """Three-valued: one false decides ``and``, one true decides ``or``, otherwise a null makes the whole null."""
    unknown = False
    for answer in answers:
        if answer is deciding:
            return bool(answer)
        if answer is None:
            unknown = True
        elif type(answer) is not bool:
            raise YesOrNoExpected
    return None if unknown else not deciding


def _comparison(node: syntax.Comparison) -> Closure:
    if len(node.symbols) == 1:
        left, right = node.operands
        if isinstance(right, syntax.Constant) and type(right.value) in SCALARS:
            return _compare_with_constant(node, left, right.value)
        return _compare(_comparer(node.symbols[0], coercing=node.coercing), build(left), build(right))
    return _compare_chain(node)


def _comparer(symbol: str, *, coercing: bool) -> Compare:
    compare = _order_comparer(symbol) if symbol in ORDERS else _equality_comparer(negated=symbol == "!=")
    if not coercing:
        return compare
    return lambda left, right, budget: compare(*coerce(left, right), budget)


def _order_comparer(symbol: str) -> Compare:
    relation = ORDERS[symbol]
    return lambda left, right, _budget: order(relation, left, right)


def _equality_comparer(*, negated: bool) -> Compare:
    def compare(left: Any, right: Any, budget: Budget) -> bool | None:
        same = equal(left, right, budget)
        return None if same is None else same is not negated

    return compare


def _compare(compare: Compare, left: Closure, right: Closure) -> Closure:
    return lambda lookup, budget: compare(left(lookup, budget), right(lookup, budget), budget)


def _compare_with_constant(node: syntax.Comparison, left: syntax.Node, bound: Any) -> Closure:
    """The everyday condition, ``amount > 1000`` or ``segment = "vip"``: the usual kind takes Python's operator."""
    symbol = node.symbols[0]
    compare = _comparer(symbol, coercing=node.coercing)
    if type(bound) in NUMBER_TYPES:
        kinds, relation = NUMBER_TYPES, {**ORDERS, **EQUALITIES}[symbol]
    elif symbol in EQUALITIES:
        kinds, relation = frozenset({type(bound)}), EQUALITIES[symbol]
    else:
        return _compare(compare, build(left), lambda _lookup, _budget: bound)

    if isinstance(left, syntax.Variable):
        name = left.name

        def compare_variable(lookup: Lookup, budget: Budget) -> bool | None:
            value = lookup(name)
            return relation(value, bound) if type(value) in kinds else compare(admit(value), bound, budget)

        return compare_variable

    value_of = build(left)

    def compare_value(lookup: Lookup, budget: Budget) -> bool | None:
        value = value_of(lookup, budget)
        return relation(value, bound) if type(value) in kinds else compare(value, bound, budget)

    return compare_value


def _compare_chain(node: syntax.Comparison) -> Closure:
    first, *others = _build_all(node.operands)
    comparers = [_comparer(symbol, coercing=node.coercing) for symbol in node.symbols]
    links = tuple(zip(comparers, others, strict=True))

    def compare(lookup: Lookup, budget: Budget) -> bool | None:
        left = first(lookup, budget)
        for holds, operand in links:
            right = operand(lookup, budget)
            answer = holds(left, right, budget)
            if answer is not True:
                return answer
            left = right
        return True

    return compare


def _arithmetic(node: syntax.Arithmetic) -> Closure:
    symbol, left, right = node.symbol, build(node.left), build(node.right)
    ticks = POWER_TICKS if symbol == "**" else 1

    def compute(lookup: Lookup, budget: Budget) -> Any:
        one, other = left(lookup, budget), right(lookup, budget)
        budget.spend(ticks + weight(one) + weight(other))
        return calculate(symbol, one, other)

    return compute


def _conditional(node: syntax.Conditional) -> Closure:
    test, then, otherwise = build(node.test), build(node.then), build(node.otherwise)

    def choose(lookup: Lookup, budget: Budget) -> Any:
        return then(lookup, budget) if test(lookup, budget) is True else otherwise(lookup, budget)

    return choose


def _span(node: syntax.Span) -> Closure:
    low, high = build(node.low), build(node.high)
    low_included, high_included = node.low_included, node.high_included
    return lambda lookup, budget: Range(low(lookup, budget), high(lookup, budget), low_included, high_included)


def _listing(node: syntax.Listing) -> Closure:
    items = _build_all(node.items)
    return lambda lookup, budget: [item(lookup, budget) for item in items]


def _membership(node: syntax.Membership) -> Closure:
    value_of, within_text = build(node.value), node.within_text
    tests = tuple((_test(test, within_text=within_text), build(test.operand)) for test in node.tests)

    def belong(lookup: Lookup, budget: Budget) -> bool | None:
        value = value_of(lookup, budget)
        unknown = False
        for passes, operand in tests:
            answer = passes(value, operand(lookup, budget), budget)
            if answer is True:
                return True
            unknown = unknown or answer is None
        return None if unknown else False

    return belong


def _test(test: syntax.Test, *, within_text: bool) -> Compare:
    if test.symbol is not None:
        return _comparer(test.symbol, coercing=False)
    return lambda value, to, budget: belongs(value, to, budget, within_text=within_text)


def _loop(node: syntax.Loop) -> Closure:
    """Each round costs as many ticks as its body has parts: loops inside loops end soon."""
    items_of = _looped_items(build(node.source))
    place, body, ticks = node.place, build(node.body), syntax.size(node.body)

    def rounds(lookup: Lookup, budget: Budget) -> Iterator[Any] | None:
        items = items_of(lookup, budget)
        if items is None:
            return None

        def walk() -> Iterator[Any]:
            for item in items:
                budget.spend(ticks)
                budget.loop_values[place] = item
                yield body(lookup, budget)

        return walk()

    return _collect(rounds) if node.word == "for" else _quantify(rounds, deciding=node.word == "some")


def _collect(rounds: Rounds) -> Closure:
    def collect(lookup: Lookup, budget: Budget) -> list[Any] | None:
        results = rounds(lookup, budget)
        return None if results is None else list(results)

    return collect


def _quantify(rounds: Rounds, *, deciding: bool) -> Closure:
    def quantify(lookup: Lookup, budget: Budget) -> bool | None:
        answers = rounds(lookup, budget)
        return None if answers is None else _decide(answers, deciding=deciding)

    return quantify


def _looped_items(source: Closure) -> Callable[[Lookup, Budget], list[Any] | None]:
    """A single value is looped over as a list of one, as in FEEL; null gives null."""

    def items_of(lookup: Lookup, budget: Budget) -> list[Any] | None:
        value = source(lookup, budget)
        budget.spend(weight(value))
        if value is None or type(value) is list:
            return short_list(value)
        if type(value) is Range:
            raise ValueTooLarge
        return [value]

    return items_of


BUILDERS: Final[dict[type[syntax.Node], Callable[[Any], Closure]]] = {
    syntax.Constant: _constant,
    syntax.Variable: _variable,
    syntax.LoopVariable: _loop_variable,
    syntax.Field: _field,
    syntax.Item: _item,
    syntax.Call: _call,
    syntax.Not: _not,
    syntax.Minus: _minus,
    syntax.Junction: _junction,
    syntax.Comparison: _comparison,
    syntax.Arithmetic: _arithmetic,
    syntax.Conditional: _conditional,
    syntax.Span: _span,
    syntax.Listing: _listing,
    syntax.Membership: _membership,
    syntax.Loop: _loop,
}
