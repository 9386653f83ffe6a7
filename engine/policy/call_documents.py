"""What the document of a call is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.compiled import CallRule
from engine.bpmn.documents import kind_of_document
from engine.bpmn.template_writing import Filling
from engine.policy.file_names import harmless_name


def name_of_document(rule: CallRule, values: Mapping[str, Any]) -> str:
    """As the map says, for the values of the call's parameters; else as the template is called."""
    wished = Filling(values, {}).text(rule.templates.get("file_name", ()))
    template = rule.template_file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    return harmless_name(wished, ending=kind_of_document(rule.template_file), otherwise=template)
