"""Uploaded bytes become an XML tree that is harmless to walk, or a refusal that says where and why.

An expat pass counts and refuses before lxml builds anything: no DOCTYPE, no entities, bounded size, depth and
length. Nothing outside the bytes is ever read. Line numbers of the tree are those of the original file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from lxml import etree

from engine.errors import N_

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_DEPTH = 64
MAX_ATTRIBUTES = 64
MAX_ALL_ATTRIBUTES = 100_000
MAX_ATTRIBUTE_LENGTH = 8_192
MAX_TEXT_LENGTH = 1_000_000  # a real map keeps 535 kB of a vendor's settings in one element
MAX_NAME_LENGTH = 256
MAX_NAMESPACES = 5_000

_CUT_OFF = N_("the file ends too early, as if it had been cut off while it was saved or sent")
_NOT_XML = N_("this is no XML")
_WRONG_NAMESPACE = N_("a prefix is declared in a way that XML does not allow")
_PROBLEMS: Mapping[int, str] = {
    expat.errors.codes[text]: problem
    for text, problem in (
        (expat.errors.XML_ERROR_SYNTAX, _NOT_XML),
        (expat.errors.XML_ERROR_NO_ELEMENTS, _CUT_OFF),
        (expat.errors.XML_ERROR_INVALID_TOKEN, N_("there is a character that cannot stand here, such as “<” or “&”")),
        (expat.errors.XML_ERROR_UNCLOSED_TOKEN, _CUT_OFF),
        (expat.errors.XML_ERROR_PARTIAL_CHAR, _CUT_OFF),
        (expat.errors.XML_ERROR_TAG_MISMATCH, N_("a closing tag does not fit the tag that was opened")),
        (expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE, N_("an element has the same attribute twice")),
        (expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT, N_("the file goes on after its end")),
        (expat.errors.XML_ERROR_UNDEFINED_ENTITY, N_("“&” stands before a word that means nothing in XML")),
        (expat.errors.XML_ERROR_BAD_CHAR_REF, N_("“&#” stands before a number that is no character")),
        (expat.errors.XML_ERROR_MISPLACED_XML_PI, N_("something stands before “<?xml”")),
        (expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION, _CUT_OFF),
    )
}
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_NAMESPACE_VALUE = re.compile(rb"(\sxmlns(?::[\w.-]+)?\s*=\s*)(\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}')")
_UTF8_NAMES = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_ONE_BYTE_NAMES: Mapping[str, str] = {
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-2": "iso-8859-2",
    "iso-8859-5": "iso-8859-5",
    "iso-8859-15": "iso-8859-15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "cp1251": "cp1251",
    "cp1252": "cp1252",
    "koi8-u": "koi8-u",
    "koi8-r": "koi8-r",
    "ibm866": "cp866",
    "cp866": "cp866",
    "iso-8859-7": "iso-8859-7",
    "iso-8859-9": "iso-8859-9",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254",
    "windows-1257": "cp1257",
    "x-mac-cyrillic": "mac-cyrillic",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "shift_jis": "cp932",
    "euc-jp": "euc-jp",
    "euc-kr": "cp949",
}
_WESTERN, _CYRILLIC = "cp1252", "cp1251"
_LETTERS_IN_A_ROW = re.compile(rb"[\xa5\xaa\xaf\xb2-\xb4\xba\xbf\xc0-\xff]{3,}")  # Cyrillic words, in windows-1251

# Prefixes that tools forget to declare, with the namespace that they always mean.
_KNOWN_PREFIXES: Mapping[str, str] = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmn2": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "semantic": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "omgdc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "omgdi": "http://www.omg.org/spec/DD/20100524/DI",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "camunda": "http://camunda.org/schema/1.0/bpmn",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "activiti": "http://activiti.org/bpmn",
    "flowable": "http://flowable.org/bpmn",
    "reglament": "https://reglament.app/schema/bpmn/1.0",
}


class XmlRefused(Exception):
    """The bytes are not read. ``code`` is the finding's code, ``line`` the line at fault where one is known."""

    def __init__(self, code: str, line: int | None = None, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.params: Mapping[str, str] = params


_PICTURES = (b"%PDF-", b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8")
"""How PDF, PNG, JPEG and GIF begin: what people keep of a process that they once drew."""


@dataclass(frozen=True, slots=True)
class SafeXml:
    """A harmless tree. ``repairs`` are finding codes of what had to be mended to read it, each with its params."""

    root: etree._Element
    repairs: tuple[tuple[str, Mapping[str, str]], ...] = ()


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A file's text, and what it takes to write it down again: ``bom + text.encode(codec)`` is the file.

    ``mislabelled``: the bytes are not in the encoding that the file declares, ``codec`` is our guess.
    """

    text: str
    codec: str
    bom: bytes = b""
    mislabelled: bool = False


def read_xml(data: bytes, *, most_elements: int = MAX_ELEMENTS) -> SafeXml:
    """Check and parse an uploaded file.

    Raises XmlRefused with EMPTY_FILE, FILE_TOO_LARGE, NOT_BPMN_ZIP, NOT_BPMN_VISIO, NOT_BPMN_PICTURE, NOT_BPMN_TEXT,
    XML_ENCODING, XML_ENTITY, XML_DOCTYPE, XML_TOO_COMPLEX or XML_NOT_WELLFORMED.
    """
    repairs: list[tuple[str, Mapping[str, str]]] = []
    text = read_text(data, repairs).text
    if not text.lstrip().startswith("<") and "<?xml" not in text and "definitions" not in text:
        raise XmlRefused("NOT_BPMN_TEXT", 1)
    checked = _without_declaration(text).encode()
    missing = _check(checked, most_elements)
    if missing.prefixes:
        checked = _declare(checked, missing)
        repairs.append(("XML_PREFIX_DECLARED", {"prefixes": ", ".join(sorted(missing.prefixes))}))
    root = _parse(checked, repairs)
    return SafeXml(root=root, repairs=tuple(repairs))


def read_text(data: bytes, repairs: list[tuple[str, Mapping[str, str]]] | None = None) -> DecodedText:
    """The text of a file that could be XML; what had to be mended is added to ``repairs``.

    Raises XmlRefused with EMPTY_FILE, FILE_TOO_LARGE, NOT_BPMN_ZIP, NOT_BPMN_VISIO, NOT_BPMN_PICTURE or XML_ENCODING.
    """
    if not data.strip():
        raise XmlRefused("EMPTY_FILE", 1)
    if len(data) > MAX_BYTES:
        raise XmlRefused("FILE_TOO_LARGE", None, limit=str(MAX_BYTES // 1024 // 1024))
    if data[:2] == b"PK":
        raise XmlRefused("NOT_BPMN_ZIP", 1)
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise XmlRefused("NOT_BPMN_VISIO", 1)
    if data.startswith(_PICTURES):
        raise XmlRefused("NOT_BPMN_PICTURE", 1)
    return _decode(data, [] if repairs is None else repairs)


def ensure_harmless(text: str) -> None:
    """Raises XmlRefused with XML_ENTITY, XML_DOCTYPE, XML_TOO_COMPLEX or XML_NOT_WELLFORMED."""
    _check(_without_declaration(text).encode())


def namespace_of_prefix(prefix: str) -> str:
    """What a prefix means that a file uses and does not declare."""
    return _KNOWN_PREFIXES.get(prefix, "urn:undeclared:" + prefix)


def _parse(checked: bytes, repairs: list[tuple[str, Mapping[str, str]]]) -> etree._Element:
    try:
        return etree.fromstring(checked, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        line, column = getattr(error, "position", None) or (1, 1)
        refused = XmlRefused("XML_NOT_WELLFORMED", line or 1, problem=_WRONG_NAMESPACE, column=str(column or 1))
    # Some tools put spaces into namespace names, which libxml2 takes for an error although nobody reads them.
    mended = _NAMESPACE_VALUE.sub(lambda found: found.group(1) + found.group(2).replace(b" ", b"%20"), checked)
    if mended == checked:
        raise refused
    try:
        root = etree.fromstring(mended, _parser())
    except (etree.XMLSyntaxError, ValueError):
        raise refused from None
    repairs.append(("XML_NAMESPACE_REPAIRED", {}))
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
        collect_ids=False,
    )


def _decode(data: bytes, repairs: list[tuple[str, Mapping[str, str]]]) -> DecodedText:
    """The file as text. UTF-8, UTF-16 and the usual one-byte encodings are read; a wrong declaration is mended."""
    if data[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        raise XmlRefused("XML_ENCODING", 1, encoding="UTF-32")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:2] in (b"\x00<", b"<\x00"):
        return _decode_utf16(data)
    bom = b"\xef\xbb\xbf" if data[:3] == b"\xef\xbb\xbf" else b""
    data = data.removeprefix(bom)
    declared = _DECLARED_ENCODING.match(data)
    name = declared.group(1).decode().lower() if declared else "utf-8"
    codec = _ONE_BYTE_NAMES.get(name, "utf-8")
    if codec == "utf-8" and name not in _UTF8_NAMES and name not in ("utf-16", "utf-16le", "utf-16be"):
        raise XmlRefused("XML_ENCODING", 1, encoding=name)
    try:
        decoded = DecodedText(data.decode(codec), codec, bom)
    except UnicodeDecodeError:
        text, used = _decode_mislabelled(data, name)
        decoded = DecodedText(text, used, bom, mislabelled=True)
        repairs.append(("XML_ENCODING_REPAIRED", {"declared": name, "used": used}))
    if "\x00" in decoded.text:
        raise XmlRefused("XML_ENCODING", 1, encoding=name)
    return decoded


def _decode_utf16(data: bytes) -> DecodedText:
    codec = "utf-16-be" if data[:1] in (b"\x00", b"\xfe") else "utf-16-le"
    bom = data[:2] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else b""
    try:
        return DecodedText(data.removeprefix(bom).decode(codec), codec, bom)
    except UnicodeDecodeError:
        raise XmlRefused("XML_ENCODING", 1, encoding="UTF-16") from None


def _decode_mislabelled(data: bytes, name: str) -> tuple[str, str]:
    """The text, and the encoding of an old Windows that it was taken for: accented letters stand alone in words."""
    used = _CYRILLIC if _LETTERS_IN_A_ROW.search(data) else _WESTERN
    try:
        return data.decode(used), used
    except UnicodeDecodeError:
        raise XmlRefused("XML_ENCODING", 1, encoding=name) from None


def _without_declaration(text: str) -> str:
    """The text is UTF-8 by now whatever its declaration says; the newlines stay, so that lines keep their numbers."""
    text = text.removeprefix("\ufeff")
    return _DECLARATION.sub(lambda found: "\n" * found.group().count("\n"), text, count=1)


@dataclass(slots=True)
class _MissingPrefixes:
    prefixes: set[str] = field(default_factory=set)
    insert_at: int = 0  # byte offset behind the root's name


@dataclass(slots=True)
class _Counter:
    """What the expat pass has seen so far."""

    parser: expat.XMLParserType
    missing: _MissingPrefixes = field(default_factory=_MissingPrefixes)
    declared: list[frozenset[str]] = field(default_factory=lambda: [frozenset({"xml", "xmlns"})])
    elements: int = 0
    attributes: int = 0
    namespaces: int = 0
    text: int = 0
    most_elements: int = MAX_ELEMENTS

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self.elements += 1
        self.attributes += len(attributes)
        self.text = 0
        if self.elements == 1:
            self.missing.insert_at = self.parser.CurrentByteIndex + 1 + len(name.encode())
        self._bound(N_("the number of elements"), self.elements, self.most_elements)
        self._bound(N_("the depth"), len(self.declared), MAX_DEPTH)
        self._bound(N_("the number of attributes"), len(attributes), MAX_ATTRIBUTES)
        self._bound(N_("the number of attributes"), self.attributes, MAX_ALL_ATTRIBUTES)
        self._bound(N_("the length of a name"), len(name), MAX_NAME_LENGTH)
        for key, value in attributes.items():
            self._bound(N_("the length of a name"), len(key), MAX_NAME_LENGTH)
            self._bound(N_("the length of an attribute"), len(value), MAX_ATTRIBUTE_LENGTH)
        self._prefixes(name, attributes)

    def _prefixes(self, name: str, attributes: Mapping[str, str]) -> None:
        new = {key.removeprefix("xmlns:") for key in attributes if key.startswith("xmlns:")}
        self.namespaces += len(new) + ("xmlns" in attributes)
        self._bound(N_("the number of namespaces"), self.namespaces, MAX_NAMESPACES)
        known = self.declared[-1] | new if new else self.declared[-1]
        self.declared.append(known)
        for qualified in (name, *attributes):
            prefix, colon, _ = qualified.partition(":")
            if colon and prefix not in known:
                self.missing.prefixes.add(prefix)

    def end(self, _name: str) -> None:
        self.declared.pop()

    def characters(self, text: str) -> None:
        self.text += len(text)
        self._bound(N_("the length of a text"), self.text, MAX_TEXT_LENGTH)

    def _bound(self, what: str, seen: int, limit: int) -> None:
        if seen > limit:
            raise XmlRefused("XML_TOO_COMPLEX", self.parser.CurrentLineNumber, what=what, limit=str(limit))


def _check(data: bytes, most_elements: int = MAX_ELEMENTS) -> _MissingPrefixes:
    """Count and refuse; answers which prefixes are used but not declared."""
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    counter = _Counter(parser, most_elements=most_elements)

    def refuse_doctype(*_: object) -> None:
        code = "XML_ENTITY" if b"<!ENTITY" in data else "XML_DOCTYPE"
        raise XmlRefused(code, parser.CurrentLineNumber)

    def refuse_entity(*_: object) -> int:
        raise XmlRefused("XML_ENTITY", parser.CurrentLineNumber)

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.EntityDeclHandler = refuse_entity
    parser.UnparsedEntityDeclHandler = refuse_entity
    parser.ExternalEntityRefHandler = refuse_entity
    parser.SkippedEntityHandler = refuse_entity
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    parser.CharacterDataHandler = counter.characters
    try:
        parser.Parse(data, True)  # noqa: FBT003  # expat takes no keywords
    except expat.ExpatError as error:
        problem, column = _PROBLEMS.get(error.code, _NOT_XML), str(error.offset + 1)
        raise XmlRefused("XML_NOT_WELLFORMED", error.lineno, problem=problem, column=column) from None
    return counter.missing


def _declare(data: bytes, missing: _MissingPrefixes) -> bytes:
    declarations = "".join(f' xmlns:{prefix}="{namespace_of_prefix(prefix)}"' for prefix in sorted(missing.prefixes))
    return data[: missing.insert_at] + declarations.encode() + data[missing.insert_at :]
