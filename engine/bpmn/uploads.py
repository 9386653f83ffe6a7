"""What is in an upload: diagrams and decision tables to read, forms that their steps name, and what is neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.bpmn.archive import is_archive, is_document_file, read_archive
from engine.bpmn.map_model import Place
from engine.bpmn.noticed import Noticed
from engine.bpmn.safe_xml import XmlRefused

TABLE_SUFFIX = ".dmn"
_DIAGRAM_SUFFIXES = (".bpmn", ".bpmn2", ".xml", TABLE_SUFFIX)
_FORM_SUFFIXES = (".form", ".json")
_MARKS = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # of an encoding, before the first sign


@dataclass(slots=True)
class Upload:
    """The files by name; ``diagrams`` holds decision tables, too, ``documents`` the templates that calls name."""

    diagrams: dict[str, bytes] = field(default_factory=dict)
    forms: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)


def is_form_file(name: str) -> bool:
    """Whether a file of that name holds a form and no map."""
    return name.lower().endswith(_FORM_SUFFIXES)


def sort_upload(files: Mapping[str, bytes], noticed: Noticed) -> Upload:
    """Zips opened, each file where it belongs; what is not read is said."""
    upload = Upload()
    for name, data in files.items():
        is_template = is_document_file(name) and len(files) > 1
        if is_archive(data) and not is_template and not name.lower().endswith(_DIAGRAM_SUFFIXES):
            _open(name, data, upload, noticed)
        else:
            _put(name, data, upload, noticed, alone=len(files) == 1)
    return upload


def _open(name: str, data: bytes, upload: Upload, noticed: Noticed) -> None:
    try:
        archive = read_archive(data)
    except XmlRefused as refused:
        noticed.refuse(refused.code, Place(line=refused.line, file=name), **refused.params)
        return
    if not any(path.lower().endswith(_DIAGRAM_SUFFIXES) for path in archive.files):
        noticed.refuse("ZIP_WITHOUT_MAP", Place(file=name))
    if archive.unread:
        noticed.info("ZIP_FOREIGN_FILE", Place(file=name), name=", ".join(archive.unread))
    for path, content in archive.files.items():
        taken = path in (upload.diagrams | upload.forms | upload.documents)
        _put(f"{name}/{path}" if taken else path, content, upload, noticed, alone=False)


def _put(name: str, data: bytes, upload: Upload, noticed: Noticed, *, alone: bool) -> None:
    """A file that came alone is always read, whatever it is called: what is wrong with it has to be said."""
    folded = name.lower()
    if is_form_file(name) and not alone:
        upload.forms[name] = data
    elif is_document_file(name) and not alone:
        upload.documents[name] = data
    elif alone or folded.endswith(_DIAGRAM_SUFFIXES) or data.lstrip(_MARKS).startswith(b"<"):
        upload.diagrams[name] = data
    else:
        noticed.info("ZIP_FOREIGN_FILE", Place(file=name), name=name)
