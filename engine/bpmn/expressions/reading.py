"""What an expression reads and calls, found in its tree: a map's unknown variables are told before publishing."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.bpmn.expressions import syntax


@dataclass(slots=True)
class Reading:
    """``names`` are roots ("deal"), ``paths`` dotted as far as they are fixed ("deal.amount")."""

    names: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)


def read(tree: syntax.Node) -> Reading:
    reading = Reading()
    _visit(tree, reading)
    return reading


def _visit(node: syntax.Node, reading: Reading) -> None:
    path = path_of(node)
    if path is not None:
        reading.names.add(path[0])
        reading.paths.add(".".join(path))
        return
    if isinstance(node, syntax.Call):
        reading.functions.add(node.function)
    for child in node.children():
        _visit(child, reading)


def path_of(node: syntax.Node) -> tuple[str, ...] | None:
    """("deal", "amount") for ``deal.amount`` and ``deal["amount"]``, else None."""
    match node:
        case syntax.Variable(name):
            return (name,)
        case syntax.Field(target, name) | syntax.Item(target, syntax.Constant(str() as name)):
            start = path_of(target)
            return None if start is None else (*start, name)
    return None
