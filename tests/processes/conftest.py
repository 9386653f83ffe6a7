from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from lxml import etree

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import CompiledProcess
from processes import shipped_map, shipped_maps


@pytest.fixture(scope="session")
def compiled() -> Callable[[str], CompiledProcess]:
    """Compiles a shipped map by its key, once; the others are at hand as maps that it may call."""

    @cache
    def compile_shipped(key: str) -> CompiledProcess:
        shipped = shipped_map(key)
        library = {each.key: each.content for each in shipped_maps() if each.key != key}
        outcome = compile_bpmn({shipped.file_name: shipped.content}, process_key=key, library=library)
        assert outcome.process is not None, outcome.findings
        return outcome.process

    return compile_shipped


@pytest.fixture(scope="session")
def drawn_flows() -> Callable[[str], set[str]]:
    """The ids of all sequence flows in the file of a shipped map."""

    def flows(key: str) -> set[str]:
        root = etree.fromstring(shipped_map(key).content)
        return {flow.get("id", "") for flow in root.iter("{http://www.omg.org/spec/BPMN/20100524/MODEL}sequenceFlow")}

    return flows
