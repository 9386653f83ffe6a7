"""Forms of Camunda 7 and 8 and of SpiffWorkflow: in the process or in a file beside the map, named by its tasks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from engine.bpmn.form_shelf import FormFile, Forms, ask_form
from engine.bpmn.reading.elements import attribute, extensions, local, text_of
from engine.bpmn.reading.field_making import ReadForm
from engine.bpmn.reading.form_js import add_components
from engine.bpmn.reading.json_schema_forms import is_schema, read_schema

_KEY_PREFIX = re.compile(r"^camunda-forms:(?:bpmn|deployment|/)?:?/*")
_LARGEST = 1_000_000  # bytes of a form
_SCHEMA, _LOOKS = "formJsonSchemaFilename", "formUiSchemaFilename"
_NAMED_BY = ("formRef", "formKey")


def embedded_forms(process: etree._Element) -> dict[str, FormFile]:
    """Every form in a process, by the form's id."""
    return {
        attribute(extension, "id"): FormFile(_document(text_of(extension)))
        for extension in extensions(process)
        if local(extension) == "userTaskForm" and attribute(extension, "id")
    }


def read_forms(files: Mapping[str, bytes]) -> dict[str, FormFile]:
    """The forms that are files of their own, by the form's id and by the file's name."""
    forms: dict[str, FormFile] = {}
    for path, content in files.items():
        form = FormFile(_document(content[:_LARGEST].decode("utf-8-sig", "replace")), path)
        own_id, name = form.document.get("id"), path.rpartition("/")[2]
        for key in (own_id if isinstance(own_id, str) else "", name, name.rpartition(".")[0]):
            if key:
                forms.setdefault(key, form)
    return forms


def named_form(task: etree._Element, forms: Forms) -> ReadForm:
    """The form that a user task names; one that is not in the upload, or cannot be read, is told."""
    schema, looks = _spiff_names(task)
    name = schema or _name(task)
    if not name:
        return ReadForm()
    found = ask_form(forms, name)
    if found is None:
        form = ReadForm()
        form.warn("FORM_NOT_FOUND", form=name)
        return form
    form = _read(found, _looks(forms, looks))
    if not form.fields:
        form.warn("FORM_EMPTY", form=name)
    return form


def _read(file: FormFile, looks: Mapping[str, Any]) -> ReadForm:
    """The fields of a form; ``looks`` is how a JSON schema wants to be shown."""
    if is_schema(file.document):
        return read_schema(file.document, looks)
    form = ReadForm()
    add_components(form, file.document.get("components"))
    return form


def _name(task: etree._Element) -> str:
    for extension in extensions(task):
        if local(extension) == "formDefinition":
            named = attribute(extension, "formKey") or attribute(extension, "formId")
            return _KEY_PREFIX.sub("", named or attribute(extension, "externalReference"))
    foreign = {str(name).rpartition("}")[2]: str(value) for name, value in task.attrib.items() if str(name)[0] == "{"}
    return next((_KEY_PREFIX.sub("", foreign[one].strip()) for one in _NAMED_BY if foreign.get(one)), "")


def _spiff_names(task: etree._Element) -> tuple[str, str]:
    """The files of the schema and of its looks, as SpiffWorkflow's properties name them."""
    found = {
        attribute(pair, "name"): attribute(pair, "value")
        for bag in extensions(task)
        if local(bag) == "properties"
        for pair in bag
        if local(pair) == "property"
    }
    return found.get(_SCHEMA, ""), found.get(_LOOKS, "")


def _looks(forms: Forms, name: str) -> Mapping[str, Any]:
    found = ask_form(forms, name) if name else None
    return found.document if found is not None else {}


def _document(text: str) -> Mapping[str, Any]:
    try:
        form = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return form if isinstance(form, dict) else {}
