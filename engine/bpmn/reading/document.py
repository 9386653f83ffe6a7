"""From the root of an XML file to the processes in it."""

from __future__ import annotations

import re

from lxml import etree

from engine.bpmn.map_model import Place, SalesMap
from engine.bpmn.noticed import Noticed
from engine.bpmn.reading.annotations import read_annotations
from engine.bpmn.reading.borders import attach_boundaries
from engine.bpmn.reading.elements import MODEL, line_of, local, name_of, namespace
from engine.bpmn.reading.flows import read_flows
from engine.bpmn.reading.other_arrows import follow_other_arrows, leave_out_doubled_arrows
from engine.bpmn.reading.structure import read_compensations, read_structure

# Drafts of the standard, and what tools wrote before it was final.
_OLD_NAMESPACE = re.compile(
    r"^http://(schema\.omg\.org/spec/BPMN/2\.0|www\.omg\.org/bpmn20"
    r"|www\.omg\.org/spec/BPMN/2010\d{4}(/(MODEL|BPMN20\.xsd))?)$"
)


def read_map(root: etree._Element, file: str, sales_map: SalesMap, noticed: Noticed) -> bool:
    """Add the processes of ``root`` to ``sales_map``. Answers False, with a finding, when it is no BPMN at all."""
    definitions = _definitions(root, file, noticed)
    if definitions is None:
        return False
    document = read_structure(definitions, file, sales_map)
    read_flows(document, sales_map, noticed)
    leave_out_doubled_arrows(document, noticed)
    attach_boundaries(document, noticed)
    follow_other_arrows(document, sales_map, noticed)
    read_compensations(document)
    read_annotations(document, sales_map.forms, noticed)
    return True


def _definitions(root: etree._Element, file: str, noticed: Noticed) -> etree._Element | None:
    uri, name = namespace(root), local(root)
    place = Place(name=name_of(root), line=line_of(root), file=file)
    if uri == MODEL and name in ("definitions", "process"):
        return root
    if name in ("mxfile", "mxGraphModel"):
        noticed.refuse("NOT_BPMN_DRAWIO", place)
        return None
    if "wfmc.org" in uri:
        noticed.refuse("NOT_BPMN_XPDL", place)
        return None
    if name == "definitions" and (_OLD_NAMESPACE.match(uri) or (not uri and root.find(".//process") is not None)):
        _rename(root, uri)
        noticed.info("NAMESPACE_OLD", place, namespace=uri)
        return root
    wrapped = next(root.iter(f"{{{MODEL}}}definitions"), None)
    if wrapped is not None:
        noticed.info("DEFINITIONS_WRAPPED", place, root=name)
        return wrapped
    noticed.refuse("NOT_BPMN", place, root=name, namespace=uri)
    return None


def _rename(root: etree._Element, old: str) -> None:
    """Bring all elements of an old namespace into the standard's."""
    for element in root.iter():
        if isinstance(element.tag, str) and namespace(element) == old:
            element.tag = f"{{{MODEL}}}{local(element)}"
