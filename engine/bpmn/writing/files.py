"""From an owner's file and what was edited to the file with the edits in it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.reading.elements import MODEL
from engine.bpmn.safe_xml import XmlRefused, ensure_harmless, read_text
from engine.bpmn.writing.kept_readings import kept_by_content
from engine.bpmn.writing.properties import edit_element
from engine.bpmn.writing.refusals import ElementNotInFile
from engine.bpmn.writing.splices import Splices
from engine.bpmn.writing.tags import Tag, read_tags

Edits = Mapping[str, Mapping[str, str | None]]
_BYTE_ORDER_MARK = "\ufeff"


def apply_properties(content: bytes, edits: Edits) -> bytes:
    """The file with ``edits`` in it: by element, the keys of the owner's table with their new values.

    Elements are named by their id in the file, or by ``:LINE`` where they have none or share it with another (LINE is
    ``StepDefinition.line``). A value goes into ``reglament:properties`` of the element, which is read before all
    others, and beside it into ``camunda:properties``, so that other tools show it. ``None`` and an empty value take the
    key out of both: then the map says again what is drawn. Everything else stays byte for byte, in the file's own
    encoding. Raises ElementNotInFile, PropertyTooLong, and XmlRefused for what is no XML file.
    """
    edited, missing = _apply(content, edits)
    if missing:
        raise ElementNotInFile(element=missing[0])
    return edited


def apply_to_files(files: Mapping[str, bytes], edits: Edits) -> dict[str, bytes]:
    """The files of a map, each edit being made in the first file that has its element. Raises as apply_properties."""
    edited, left = dict(files), dict(edits)
    for name, content in files.items():
        if not left:
            break
        try:
            edited[name], missing = _apply(content, left)
        except XmlRefused:
            continue
        left = {element: left[element] for element in missing}
    if left:
        raise ElementNotInFile(element=next(iter(left)))
    return edited


@kept_by_content
def process_ids(content: bytes) -> frozenset[str]:
    """The ids of the processes in a file, none for a file that is no map."""
    try:
        text = read_text(content).text
        ensure_harmless(text)
    except XmlRefused:
        return frozenset()
    tags = read_tags(text.removeprefix(_BYTE_ORDER_MARK).encode())
    return frozenset(tag.attributes.get("id", "").strip() for tag in tags if tag.local == "process")


def _apply(content: bytes, edits: Edits) -> tuple[bytes, list[str]]:
    """The edited file, and the elements that it does not have."""
    decoded = read_text(content)
    mark = _BYTE_ORDER_MARK if decoded.text.startswith(_BYTE_ORDER_MARK) else ""
    source = decoded.text.removeprefix(mark).encode()
    ensure_harmless(decoded.text)
    found = _by_address(read_tags(source))
    splices = Splices(source)
    for element, values in edits.items():
        if element in found:
            edit_element(splices, found[element], values)
    written = mark + splices.made(ascii_only=decoded.mislabelled).decode()
    missing = [element for element in edits if element not in found]
    return decoded.bom + written.encode(decoded.codec, "xmlcharrefreplace"), missing


def _by_address(tags: list[Tag]) -> dict[str, Tag]:
    """The elements of the map by id, the first of those that share one, and by line where only one ends there."""
    root = tags[0]
    model = root.namespace if root.local == "definitions" else MODEL
    found: dict[str, Tag] = {}
    lines: dict[str, list[Tag]] = {}
    for tag in tags:
        if tag.namespace != model:
            continue
        element_id = tag.attributes.get("id", "").strip()
        found.setdefault(element_id, tag)
        if found[element_id] is not tag or not element_id:
            lines.setdefault(f":{tag.line}", []).append(tag)
    found.pop("", None)
    return found | {line: ended[0] for line, ended in lines.items() if len(ended) == 1}
