"""Elements written anew from the parts that they have in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.bpmn.writing.tags import Tag, attribute_spans

# What XML 1.0 cannot hold in any spelling.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
_IN_TEXT = frozenset('"\n\t')
_UNIT = "  "
_NEW = "\0"  # in front of what stands nowhere yet; XML cannot hold it


class Parts:
    """``prefix`` is that of new elements; ``ascii_only`` writes new letters as character references."""

    def __init__(self, source: bytes, prefix: str, *, ascii_only: bool) -> None:
        self.source, self._prefix, self._ascii_only = source, prefix, ascii_only

    def raw(self, tag: Tag) -> str:
        """The element as it stands in the file."""
        return self.source[tag.start : tag.end].decode()

    def space(self, tag: Tag) -> str:
        """What stands between an element and the one in front of it: line break, indentation, comments."""
        return self.source[_before(tag) : tag.start].decode()

    def chunk(self, tag: Tag) -> str:
        return self.space(tag) + self.raw(tag)

    def placed(self, tag: Tag | None, written: str) -> str:
        """What was written for ``tag``, to stand where it stands; for a new element, where its kind belongs."""
        return _NEW + written if tag is None else self.space(tag) + written

    def leaf(self, tag: Tag | None, local: str, text: str) -> str:
        """An element of text alone."""
        inside = self._escaped(text, _IN_TEXT)
        if tag is None:
            name = self._named(local)
            return f"<{name}>{inside}</{name}>"
        start = self._start(tag, {}).rstrip("/>").rstrip() if tag.self_closing else self._start(tag, {})[:-1]
        return f"{start}>{inside}</{tag.name}>"

    def assembled(
        self,
        tag: Tag | None,
        local: str,
        attributes: Mapping[str, str],
        parts: Mapping[str, Sequence[str]],
        order: Sequence[str],
    ) -> str:
        """The element with other attributes and parts; a new one where there is none.

        ``parts`` are the children by local name that replace those in the file; an absent name keeps its children.
        """
        if tag is not None:
            return self.element(tag, attributes, parts, order)
        said = "".join(f' {name}="{self._escaped(value)}"' for name, value in attributes.items() if value)
        name = self._named(local)
        inside = "".join(one.removeprefix(_NEW) for kind in order for one in parts.get(kind, ()))
        return f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>"

    def element(
        self, tag: Tag, attributes: Mapping[str, str], parts: Mapping[str, Sequence[str]], order: Sequence[str]
    ) -> str:
        """``tag`` with these attributes and children, everything else as in the file."""
        children = self._arranged(tag, parts, order)
        tail = self.source[tag.children[-1].end if tag.children else tag.inside : tag.content_end].decode()
        if tag.self_closing:
            start = self._start(tag, attributes)
            return start if not children else f"{start[:-2].rstrip()}>{''.join(children)}</{tag.name}>"
        end = self.source[tag.content_end : tag.end].decode()
        return self._start(tag, attributes) + "".join(children) + tail + end

    def _arranged(self, tag: Tag, parts: Mapping[str, Sequence[str]], order: Sequence[str]) -> list[str]:
        """The children in the order of the file; those of a kind that it did not have, where the standard has them."""
        usual = self._indentation(tag)
        waiting = {
            kind: [usual + one.removeprefix(_NEW) if one.startswith(_NEW) else one for one in made]
            for kind, made in parts.items()
        }
        present = [child.local if child.namespace == tag.namespace else "" for child in tag.children]
        written: list[str] = []
        for child, kind in zip(tag.children, present, strict=True):
            place = order.index(kind) if kind in order else -1
            for earlier in order[: max(place, 0)]:
                if earlier not in present:
                    written += waiting.pop(earlier, [])
            if kind in parts:
                written += waiting.pop(kind, [])
            else:
                written.append(self.chunk(child))
        for kind in order:
            written += waiting.pop(kind, [])
        return written

    def _indentation(self, tag: Tag) -> str:
        """The line break and the spaces in front of a new child."""
        known = tag.children[-1] if tag.children else tag
        begin = known.start
        while begin and self.source[begin - 1 : begin].isspace():
            begin -= 1
        space = self.source[begin : known.start].decode()
        if "\n" not in space:
            return ""
        return space if tag.children else space + _UNIT

    def _start(self, tag: Tag, attributes: Mapping[str, str]) -> str:
        spans = attribute_spans(self.source, tag)
        text = self.source[tag.start : tag.inside]
        new = ""
        edits: list[tuple[int, int, str]] = []
        for name, value in attributes.items():
            if name not in spans:
                new += f' {name}="{self._escaped(value)}"' if value else ""
            elif value:
                edits.append((*spans[name][1], f'"{self._escaped(value)}"'))
            else:
                edits.append((*spans[name][0], ""))
        for start, end, said in sorted(edits, reverse=True):
            text = text[: start - tag.start] + said.encode() + text[end - tag.start :]
        closing = 2 if tag.self_closing else 1
        head = text[:-closing].decode()
        return (head.rstrip() + new if new else head) + text[-closing:].decode()

    def _escaped(self, text: str, plain: frozenset[str] = frozenset()) -> str:
        clean = _UNWRITABLE.sub("", text)
        written = "".join(letter if letter in plain else _ESCAPES.get(letter, letter) for letter in clean)
        return written.encode("ascii", "xmlcharrefreplace").decode() if self._ascii_only else written

    def _named(self, local: str) -> str:
        return f"{self._prefix}:{local}" if self._prefix else local


def _before(tag: Tag) -> int:
    """Where the element in front of this one ends."""
    parent = tag.parent
    if parent is None:
        return tag.start
    place = next(number for number, child in enumerate(parent.children) if child is tag)
    return parent.children[place - 1].end if place else parent.inside
