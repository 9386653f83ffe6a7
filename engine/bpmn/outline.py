"""Where the executed form leads: its elements and the ways between them, to be put in words for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.map_model import GATEWAYS, NodeType
from engine.bpmn.reading.elements import MODEL, attribute, local

_KINDS = frozenset(one.value for one in NodeType)
_GATEWAYS = frozenset(one.value for one in GATEWAYS)
_EVENT = "EventDefinition"


@dataclass(frozen=True, slots=True)
class Spot:
    """An element of the executed form. ``kind`` is its BPMN name, ``event`` what an event waits for or throws.

    ``host`` is the activity on whose border it sits; ``called`` the key of the map that it calls; ``scope`` the id of
    the map or sub-process around it.
    """

    id: str
    kind: str
    name: str
    event: str = ""
    host: str = ""
    called: str = ""
    scope: str = ""
    ends_host: bool = True  # of an event on a border

    @property
    def is_gateway(self) -> bool:
        return self.kind in _GATEWAYS


@dataclass(frozen=True, slots=True)
class Way:
    """A sequence flow. ``is_default``: taken when no other way out of ``source`` is open."""

    id: str
    source: str
    target: str
    name: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """All elements and ways by their ids in the executed form, those of called maps among them."""

    spots: Mapping[str, Spot]
    ways: Mapping[str, Way]
    _out: Mapping[str, list[Way]] = field(repr=False)
    _into: Mapping[str, list[Way]] = field(repr=False)
    _borders: Mapping[str, list[Spot]] = field(repr=False)

    def into(self, spot_id: str) -> list[Way]:
        return self._into.get(spot_id, [])

    def out_of(self, spot_id: str) -> list[Way]:
        return self._out.get(spot_id, [])

    def on_border_of(self, spot_id: str) -> list[Spot]:
        return self._borders.get(spot_id, [])

    def named_from(self, spot_id: str) -> tuple[str, ...]:
        """The name of a spot; of one without a name, those of the nearest named spots that lead to it."""
        return self._named(spot_id, self._into, "source")

    def named_to(self, spot_id: str) -> tuple[str, ...]:
        """The name of a spot; of one without a name, those of the nearest named spots that it leads to."""
        return self._named(spot_id, self._out, "target")

    def names_before(self, spot_id: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for way in self._into.get(spot_id, ()) for name in self.named_from(way.source)))

    def names_after(self, spot_id: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for way in self.out_of(spot_id) for name in self.named_to(way.target)))

    def _named(self, spot_id: str, ways: Mapping[str, list[Way]], end: str) -> tuple[str, ...]:
        names: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [spot_id]
        while waiting:
            one = waiting.pop(0)
            if one in seen or one not in self.spots:
                continue
            seen.add(one)
            if self.spots[one].name:
                names[self.spots[one].name] = None
            else:
                waiting += [getattr(way, end) for way in ways.get(one, ())]
        return tuple(names)


def outline_of(process: CompiledProcess) -> Outline:
    """Read from the executed form, in its order."""
    root = etree.fromstring(process.executable.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    spots: dict[str, Spot] = {}
    ways: dict[str, Way] = {}
    for scope in _scopes(root):
        scope_id = attribute(scope, "id")
        defaults = {attribute(element, "default") for element in scope} - {""}
        for element in scope:
            tag, element_id = local(element), attribute(element, "id")
            if tag == "sequenceFlow":
                source, target = attribute(element, "sourceRef"), attribute(element, "targetRef")
                name = attribute(element, "name")
                ways[element_id] = Way(element_id, source, target, name, is_default=element_id in defaults)
            elif tag in _KINDS:
                spots[element_id] = _spot(element, tag, element_id, scope_id)
    return _indexed(spots, ways)


def _spot(element: etree._Element, tag: str, element_id: str, scope_id: str) -> Spot:
    return Spot(
        id=element_id,
        kind=tag,
        name=attribute(element, "name"),
        event=next((local(one).removesuffix(_EVENT) for one in element if local(one).endswith(_EVENT)), ""),
        host=attribute(element, "attachedToRef"),
        called=attribute(element, "calledElement"),
        scope=scope_id,
        ends_host=element.get("cancelActivity") != "false",
    )


def _scopes(root: etree._Element) -> Iterator[etree._Element]:
    """The maps and their sub-processes, in the order of the document."""
    for element in root.iter(f"{{{MODEL}}}*"):
        if local(element) in ("process", "subProcess", "transaction", "adHocSubProcess"):
            yield element


def _indexed(spots: dict[str, Spot], ways: dict[str, Way]) -> Outline:
    out: dict[str, list[Way]] = defaultdict(list)
    into: dict[str, list[Way]] = defaultdict(list)
    borders: dict[str, list[Spot]] = defaultdict(list)
    for way in ways.values():
        out[way.source].append(way)
        into[way.target].append(way)
    for spot in spots.values():
        if spot.host:
            borders[spot.host].append(spot)
    return Outline(spots, ways, out, into, borders)
