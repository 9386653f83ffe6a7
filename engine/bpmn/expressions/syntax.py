"""What an expression says, as a tree. The parser makes it, closures execute it, the recogniser judges it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

JunctionWord = OneOf["and", "or"]
LoopWord = OneOf["some", "every", "for"]


@dataclass(frozen=True, slots=True)
class Node:
    def children(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Constant(Node):
    value: Any


@dataclass(frozen=True, slots=True)
class Variable(Node):
    name: str


@dataclass(frozen=True, slots=True)
class LoopVariable(Node):
    place: int  # in Budget.loop_values


@dataclass(frozen=True, slots=True)
class Field(Node):
    target: Node
    name: str

    def children(self) -> tuple[Node, ...]:
        return (self.target,)


@dataclass(frozen=True, slots=True)
class Item(Node):
    """``target[index]``. FEEL counts from one, JUEL and Python from zero."""

    target: Node
    index: Node
    from_one: bool

    def children(self) -> tuple[Node, ...]:
        return (self.target, self.index)


@dataclass(frozen=True, slots=True)
class Call(Node):
    function: str
    arguments: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Minus(Node):
    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Junction(Node):
    """``and`` or ``or`` over two or more parts."""

    word: JunctionWord
    parts: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.parts


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """``a < b``, or Python's ``a < b <= c``: each operand is evaluated at most once. ``coercing`` is JUEL's way."""

    symbols: tuple[str, ...]
    operands: tuple[Node, ...]
    coercing: bool = False

    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    symbol: str
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    test: Node
    then: Node
    otherwise: Node

    def children(self) -> tuple[Node, ...]:
        return (self.test, self.then, self.otherwise)


@dataclass(frozen=True, slots=True)
class Span(Node):
    """A range of FEEL: ``[1..3]``, ``(1..3)``, also ``between``."""

    low: Node
    high: Node
    low_included: bool
    high_included: bool

    def children(self) -> tuple[Node, ...]:
        return (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Listing(Node):
    items: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.items


@dataclass(frozen=True, slots=True)
class Test(Node):
    """One test after ``in``: an operator with its operand, or (without symbol) a value, a list or a range."""

    symbol: str | None
    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """``value in (tests)``: one passing test is enough. ``within_text``: Python's ``"a" in "abc"``."""

    value: Node
    tests: tuple[Test, ...]
    within_text: bool

    def children(self) -> tuple[Node, ...]:
        return (self.value, *self.tests)


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """``some x in source satisfies body``, ``every …``, ``for x in source return body``."""

    word: LoopWord
    place: int
    source: Node
    body: Node

    def children(self) -> tuple[Node, ...]:
        return (self.source, self.body)


def size(node: Node) -> int:
    """How many nodes the tree has: what one evaluation of it costs at most, loops aside."""
    return 1 + sum(size(child) for child in node.children())
