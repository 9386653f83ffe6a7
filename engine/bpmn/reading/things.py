"""Arrows that lead into papers, stores and pools: no step stands there, but what follows can be found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.reading.elements import MODEL, attribute, short_reference

_DATA = ("dataObjectReference", "dataObject", "dataStoreReference", "dataInput", "dataOutput", "textAnnotation")
_POOL = "participant"


@dataclass(slots=True)
class Things:
    """What an arrow can touch that is no step, and where the arrows out of data lead."""

    data: set[str] = field(default_factory=set)
    pools: set[str] = field(default_factory=set)
    behind: dict[str, list[str]] = field(default_factory=dict)
    entered: set[str] = field(default_factory=set)  # data that an arrow leads into

    def is_data(self, reference: str) -> bool:
        return reference in self.data or short_reference(reference) in self.data

    def is_pool(self, reference: str) -> bool:
        return reference in self.pools or short_reference(reference) in self.pools

    def behind_data(self, reference: str) -> Iterator[str]:
        """What the arrows out of a data object lead to, through other data if need be."""
        seen, waiting = {reference}, [reference]
        for current in waiting:
            for following in self.behind.get(current, ()):
                if not self.is_data(following):
                    yield following
                elif following not in seen:
                    seen.add(following)
                    waiting.append(following)


def read_things(definitions: etree._Element) -> Things:
    things = Things(
        data={attribute(one, "id") for name in _DATA for one in definitions.iter(f"{{{MODEL}}}{name}")} - {""},
        pools={attribute(one, "id") for one in definitions.iter(f"{{{MODEL}}}{_POOL}")} - {""},
    )
    for flow in definitions.iter(f"{{{MODEL}}}sequenceFlow"):
        source, target = attribute(flow, "sourceRef"), attribute(flow, "targetRef")
        if things.is_data(source):
            things.behind.setdefault(source, []).append(target)
        if things.is_data(target):
            things.entered.add(target)
    return things
