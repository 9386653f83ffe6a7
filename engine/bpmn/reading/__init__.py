"""Reads a safe XML tree into the map model: nodes, flows, events, lanes, groups, and everything said about them."""

from engine.bpmn.reading.document import read_map

__all__ = ["read_map"]
