"""The arrows of a map's executable form: where each leaves and where it leads."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.forward_order import ForwardOrder, forward_order
from engine.bpmn.spec import MODEL, build_spec


def flow_ends(process: CompiledProcess) -> Mapping[str, tuple[str, str]]:
    """Source and target element by sequence flow id, as drawn. The document is our own, not the owner's."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    root = etree.fromstring(process.executable.encode(), parser)
    flows = root.iter(MODEL + "sequenceFlow")
    return {str(one.get("id")): (str(one.get("sourceRef")), str(one.get("targetRef"))) for one in flows}


def order_of(process: CompiledProcess) -> ForwardOrder:
    """What lies ahead of what."""
    return forward_order(build_spec(process))
