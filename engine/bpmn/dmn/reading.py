"""From a safe XML tree to the decisions drawn in it. Every version of DMN from 1.0 on has the same elements here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from engine.bpmn.dmn.drawn import (
    DecisionFile,
    DrawnDecision,
    DrawnInput,
    DrawnOutput,
    DrawnRule,
    DrawnTable,
    DrawnText,
    DrawnType,
)
from engine.bpmn.dmn.languages import is_feel
from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.reading.elements import MODEL, attribute, is_true, line_of, local, name_of, namespace, text_of

_NAMESPACE: Final = re.compile(r"^https?://www\.omg\.org/spec/DMN/\d{8}(?:/MODEL/?|/[\w-]+\.xsd)?$")
_CONSTRUCTS: Final = frozenset(
    {
        "context", "invocation", "relation", "list", "functionDefinition", "conditional", "for", "every", "some",
        "filter",
    }
)  # fmt: skip
_NAMED: Final = frozenset({"inputData", "decision", "variable", "itemComponent", "output"})
_DEEPEST_TYPE: Final = 10
_OPERATORS: Final = frozenset({"and", "or", "not", "in", "between", "if", "then", "else", "for", "some", "every"})
_SEVERAL_WORDS: Final = re.compile(r"[^\W\d]\w*(?:[ '’]\w+)+")


def is_decision_file(root: etree._Element) -> bool:
    """Whether the root is DMN's; some tools leave its elements in the file's own namespace and only declare DMN's."""
    if local(root) != "definitions" or namespace(root) == MODEL:
        return False
    return any(is_decision_namespace(uri) for uri in (namespace(root), *root.nsmap.values()) if uri)


def is_decision_namespace(uri: str) -> bool:
    """Whether it is that of a version of DMN."""
    return _NAMESPACE.match(uri) is not None


def read_decisions(root: etree._Element, file: str) -> DecisionFile:
    """All decisions of a DMN file, unjudged."""
    return _Reader(root, file).read()


class _Reader:
    def __init__(self, root: etree._Element, file: str) -> None:
        self._root = root
        self._namespace = namespace(root)
        self._language = attribute(root, "expressionLanguage")
        self._file = DecisionFile(file)

    def read(self) -> DecisionFile:
        self._file.types = self._types()
        named = (element for element in self._root.iter() if local(element) in _NAMED)
        self._file.know(name_of(element) for element in named)
        self._file.decisions = [self._decision(element) for element in self._all(self._root, "decision")]
        self._file.know(_names_of_several_words(self._file.decisions))
        return self._file

    def _all(self, parent: etree._Element, *names: str) -> Iterator[etree._Element]:
        for child in parent:
            if isinstance(child.tag, str) and namespace(child) == self._namespace and local(child) in names:
                yield child

    def _first(self, parent: etree._Element | None, *names: str) -> etree._Element | None:
        return None if parent is None else next(self._all(parent, *names), None)

    def _text(self, parent: etree._Element | None, language: str = "") -> DrawnText:
        """The text of an expression element; its own language counts before the table's and the file's."""
        if parent is None:
            return DrawnText()
        said = attribute(parent, "expressionLanguage") or language or self._language
        return DrawnText(text_of(self._first(parent, "text")), said, line_of(parent))

    def _types(self) -> dict[str, DrawnType]:
        """The file's own types by name, each followed to the type that it is made of."""
        defined = {name_of(element): element for element in self._all(self._root, "itemDefinition")}
        types = {}
        for name, element in defined.items():
            base, allowed = element, self._first(element, "allowedValues")
            for _ in range(_DEEPEST_TYPE):
                following = defined.get(text_of(self._first(base, "typeRef")))
                if following is None:
                    break
                base = following
                allowed = allowed if allowed is not None else self._first(base, "allowedValues")
            if is_true(element.get("isCollection")):
                types[name] = DrawnType("", DrawnText())
            else:
                types[name] = DrawnType(text_of(self._first(base, "typeRef")), self._text(allowed))
        return types

    def _decision(self, element: etree._Element) -> DrawnDecision:
        variable = self._first(element, "variable")
        return DrawnDecision(
            source_id=attribute(element, "id"),
            name=name_of(element),
            variable=name_of(variable) if variable is not None else "",
            type_name=_type_of(variable) if variable is not None else "",
            logic=self._logic(element),
            requires=list(self._references(element, "informationRequirement", "requiredDecision")),
            knowledge=list(self._references(element, "knowledgeRequirement", "requiredKnowledge")),
            file=self._file,
            line=line_of(element),
        )

    def _references(self, element: etree._Element, requirement: str, required: str) -> Iterator[str]:
        for each in self._all(element, requirement):
            for reference in self._all(each, required):
                yield attribute(reference, "href").removeprefix("#")

    def _logic(self, element: etree._Element) -> DrawnTable | DrawnText | str:
        table = self._first(element, "decisionTable")
        if table is not None:
            return self._table(table)
        literal = self._first(element, "literalExpression")
        if literal is not None:
            return self._text(literal)
        construct = self._first(element, *_CONSTRUCTS)
        return local(construct) if construct is not None else ""

    def _table(self, element: etree._Element) -> DrawnTable:
        language = attribute(element, "expressionLanguage")
        return DrawnTable(
            hit_policy=attribute(element, "hitPolicy"),
            aggregation=attribute(element, "aggregation"),
            inputs=[self._input(each, language) for each in self._all(element, "input")],
            outputs=[self._output(each, language) for each in self._all(element, "output")],
            rules=[self._rule(each, language) for each in self._all(element, "rule")],
            annotation_names=[name_of(each) for each in self._all(element, "annotation")],
            line=line_of(element),
        )

    def _input(self, element: etree._Element, language: str) -> DrawnInput:
        expression = self._first(element, "inputExpression")
        text = self._text(expression, language)
        return DrawnInput(
            label=attribute(element, "label") or text.text,
            expression=text,
            type_name=_type_of(expression) if expression is not None else "",
            allowed=self._text(self._first(element, "inputValues"), language),
            value_name=_vendor_attribute(element, "inputVariable"),
            line=line_of(element),
        )

    def _output(self, element: etree._Element, language: str) -> DrawnOutput:
        return DrawnOutput(
            name=name_of(element),
            label=attribute(element, "label") or name_of(element),
            type_name=_type_of(element),
            allowed=self._text(self._first(element, "outputValues"), language),
            default=self._text(self._first(element, "defaultOutputEntry"), language),
            line=line_of(element),
        )

    def _rule(self, element: etree._Element, language: str) -> DrawnRule:
        description = text_of(self._first(element, "description"))
        annotations = [text_of(self._first(each, "text")) for each in self._all(element, "annotationEntry")]
        return DrawnRule(
            inputs=[self._text(each, language) for each in self._all(element, "inputEntry")],
            outputs=[self._text(each, language) for each in self._all(element, "outputEntry")],
            annotations=annotations or ([description] if description else []),
            line=line_of(element),
        )


def _names_of_several_words(decisions: Iterable[DrawnDecision]) -> Iterator[str]:
    """What whole input columns read and is no expression: FEEL allows spaces and apostrophes in a name."""
    for decision in decisions:
        for one in decision.logic.inputs if isinstance(decision.logic, DrawnTable) else ():
            words = one.expression.text.split()
            text = " ".join(words)
            if not is_feel(one.expression) or _OPERATORS.intersection(words):
                continue
            if _SEVERAL_WORDS.fullmatch(text) and not _is_expression(text):
                yield text


def _is_expression(text: str) -> bool:
    try:
        compile_expression(f"={text}")
    except ExpressionRefused:
        return False
    return True


def _type_of(element: etree._Element) -> str:
    """DMN 1.0 wrote the type as an element, all later versions as an attribute."""
    return attribute(element, "typeRef")


def _vendor_attribute(element: etree._Element, name: str) -> str:
    for key, value in element.attrib.items():
        if str(key).startswith("{") and str(key).endswith("}" + name):
            return str(value).strip()
    return ""
