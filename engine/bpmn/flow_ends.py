"""What the executable form of a map says of its arrows and of its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.forward_order import ForwardOrder, forward_order
from engine.bpmn.spec import MODEL, build_spec

_ANY_ERROR = "ERROR"


def flow_ends(process: CompiledProcess) -> Mapping[str, tuple[str, str]]:
    """Source and target element by sequence flow id, as drawn. The document is our own, not the owner's."""
    flows = _root(process).iter(MODEL + "sequenceFlow")
    return {str(one.get("id")): (str(one.get("sourceRef")), str(one.get("targetRef"))) for one in flows}


def error_codes(process: CompiledProcess) -> tuple[str, ...]:
    """The codes of the errors that the map names, and one that it does not."""
    named = (one.get("errorCode") for one in _root(process).iter(MODEL + "error"))
    return tuple(dict.fromkeys([*(code for code in named if code), _ANY_ERROR]))


def _root(process: CompiledProcess) -> Any:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    return etree.fromstring(process.executable.encode(), parser)


def order_of(process: CompiledProcess) -> ForwardOrder:
    """What lies ahead of what."""
    return forward_order(build_spec(process))
