"""Tasks that are calls: what their owner said about the call becomes a rule, or everything that is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from engine.bpmn.compiled import CallRule, ConnectorKind, TemplatePart
from engine.bpmn.deadline_rules import ElapsedTime
from engine.bpmn.deadline_text import DeadlineNotUnderstood
from engine.bpmn.documents import DocumentRefused, read_document
from engine.bpmn.duration_text import parse_amount
from engine.bpmn.expressions import ExpressionRefused, compile_expression
from engine.bpmn.map_model import AUTOMATED_TASKS, Node, NodeType
from engine.bpmn.map_properties import Property
from engine.bpmn.repairs.stand_ins import confirm_by_person
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.template_writing import is_json_template
from engine.bpmn.templates import TemplateNotUnderstood, is_json, is_whole_expression, read_template, secrets_in

_KINDS: Mapping[str, ConnectorKind] = {
    "job": ConnectorKind.EXTERNAL,
    "external": ConnectorKind.EXTERNAL,
    "завдання": ConnectorKind.EXTERNAL,
    "http": ConnectorKind.HTTP,
    "https": ConnectorKind.HTTP,
    "mail": ConnectorKind.MAIL,
    "пошта": ConnectorKind.MAIL,
    "лист": ConnectorKind.MAIL,
    "fields": ConnectorKind.FIELDS,
    "поля": ConnectorKind.FIELDS,
    "map": ConnectorKind.MAP,
    "карта": ConnectorKind.MAP,
    "document": ConnectorKind.DOCUMENT,
    "документ": ConnectorKind.DOCUMENT,
}
_RECIPIENTS = {
    word: recipient
    for recipient, words in (
        ("client", ("client", "клієнт")),
        ("contact", ("contact", "контакт")),
        ("owner", ("owner", "власник", "власник угоди")),
    )
    for word in words
}
_SET = "set."
_CALLED = AUTOMATED_TASKS | {NodeType.TASK}
_FIELD_NAME = re.compile(r"(?:deal\.)?[^\W\d]\w*")
_TOPIC = re.compile(r"[^\s,]{1,200}")
_MOST_RETRIES = 20
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_ADDRESS = re.compile(r"https://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[1-9][0-9]{0,4})?)([/?]|\Z)")
_HEADER = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_OUR_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "idempotency-key",
    }
)
_LONGEST_WAIT_S = 86_400


def settle_connector(workbench: Workbench, node: Node) -> bool:
    """Make ``node`` the call that its owner asks for. Answers whether it is settled: by the call, or by a person.

    What is wrong with the call is an error: a person stands in, so that the rest of the map can be looked at.
    """
    said = node.annotation.connector
    word = said.get("connector", "") or _word_of_map(node)
    if not word:
        if node.annotation.topic and node.type in AUTOMATED_TASKS:
            workbench.noticed.info("TOPIC_NOT_SERVED", node, topic=node.annotation.topic)
        return False
    if node.type not in _CALLED:
        if "connector" in said:
            workbench.noticed.warning("CONNECTOR_ON_PERSON", node, connector=word)
        return False
    kind = _KINDS.get(word.strip().casefold())
    reading = _Reading(node, said, partial(workbench.sales_map.template, node))
    if kind is None:
        workbench.noticed.error("CONNECTOR_UNKNOWN", node, connector=word)
    else:
        rule = _READERS[kind](reading)
        if kind is not ConnectorKind.HTTP:
            reading.faults += [
                ("CONNECTOR_SECRET_MISPLACED", {"secret": name}) for name in sorted(secrets_in(rule.templates.values()))
            ]
        if not reading.faults:
            _become_call(workbench, node, rule)
            return True
        for code, params in reading.faults:
            workbench.noticed.error(code, node, connector=word, **params)
    confirm_by_person(node)
    return True


def written_by(call: CallRule) -> Iterator[str]:
    """Root names of the variables that the call's answer writes."""
    yield from (name.partition(".")[0] for name in names_written(call))


def names_written(call: CallRule) -> Iterator[str]:
    """The names of all that the call's answer writes, as the map says them."""
    if call.result_variable:
        yield call.result_variable
    yield from call.results
    if call.connector is ConnectorKind.FIELDS:
        yield from (key.partition("#")[0].removeprefix(_SET) for key in (*call.parameters, *call.templates))


def _word_of_map(node: Node) -> str:
    """The map may say once that programs fetch its tasks: then every task with a topic is such a job."""
    if not node.annotation.topic or node.type not in AUTOMATED_TASKS:
        return ""
    word = node.scope.process.annotation.connector.get("connector", "")
    return word if _KINDS.get(word.strip().casefold()) is ConnectorKind.EXTERNAL else ""


def _become_call(workbench: Workbench, node: Node, rule: CallRule) -> None:
    node.type = NodeType.SERVICE_TASK
    node.inside, node.events, node.decision_call = None, [], None
    node.call = rule
    if node.annotation.text(Property.DEADLINE):
        workbench.noticed.warning("CONNECTOR_DEADLINE", node, text=node.annotation.text(Property.DEADLINE))


@dataclass(slots=True)
class _Reading:
    """Reads the pairs of one call. ``faults`` are the codes and places of everything that is wrong with them."""

    node: Node
    said: Mapping[str, str]
    template_file: Callable[[str], bytes | None]
    faults: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    templates: dict[str, tuple[TemplatePart, ...]] = field(default_factory=dict)

    def needed(self, key: str) -> str:
        text = self.said.get(key, "")
        if not text:
            self.faults.append(("CONNECTOR_LACKS", {"key": key}))
        return text

    def wrong(self, key: str, text: str) -> None:
        self.faults.append(("CONNECTOR_VALUE", {"key": key, "text": text}))

    def dotted(self, prefix: str) -> dict[str, str]:
        """What follows ``prefix.`` in keys, with their values."""
        return {key.removeprefix(prefix + "."): text for key, text in self.said.items() if key.startswith(prefix + ".")}

    def template(self, key: str, text: str) -> None:
        if not text:
            return
        try:
            read = read_template(text, key)
        except TemplateNotUnderstood as refused:
            self.wrong(key, refused.text)
            return
        self.templates[key] = read.parts
        self.parameters |= read.expressions

    def expression(self, key: str, text: str) -> str | None:
        try:
            compile_expression(text)
        except ExpressionRefused:
            self.wrong(key, text)
            return None
        return text

    def results(self, given: Mapping[str, str]) -> dict[str, str]:
        """Expressions over the answer, by the field or the variable that they become."""
        read = {}
        for name, text in given.items():
            if not _FIELD_NAME.fullmatch(name):
                self.wrong(f"result.{name}", name)
            elif self.expression(f"result.{name}", text) is not None:
                read[name] = text
        return read

    def fields(self) -> None:
        """What ``set.NAME`` gives each field: an expression where it is marked as one, else a text with places."""
        for name, text in self.dotted("set").items():
            key = _SET + name
            if not _FIELD_NAME.fullmatch(name):
                self.wrong(key, name)
            elif is_whole_expression(text):
                if self.expression(key, text) is not None:
                    self.parameters[key] = text
            else:
                self.template(key, text)

    def times(self) -> dict[str, Any]:
        """How often it is made again, and after how many seconds."""
        times: dict[str, Any] = {}
        retries, after = self.said.get("retries", ""), self.said.get("retry_after", "")
        if retries:
            if retries.isascii() and retries.isdigit() and int(retries[:4]) <= _MOST_RETRIES:
                times["retries"] = int(retries)
            else:
                self.wrong("retries", retries)
        if after:
            seconds = _seconds(after)
            if seconds is None:
                self.wrong("retry_after", after)
            else:
                times["retry_after_s"] = seconds
        return times

    def rule(self, kind: ConnectorKind, **more: Any) -> CallRule:
        return CallRule(
            connector=kind,
            parameters=self.parameters,
            templates=self.templates,
            source_id=self.node.source_id,
            line=self.node.line,
            **self.times(),
            **more,
        )


def _seconds(text: str) -> int | None:
    try:
        amount = parse_amount(text)
    except DeadlineNotUnderstood:
        return None
    if not isinstance(amount, ElapsedTime) or amount.months:
        return None
    seconds = amount.days * 86_400 + amount.seconds
    return seconds if 1 <= seconds <= _LONGEST_WAIT_S else None


def _job(reading: _Reading) -> CallRule:
    """A program outside fetches it under its topic, gets the inputs, and answers with values."""
    topic = reading.said.get("topic", "") or reading.node.annotation.topic or reading.needed("topic")
    if topic and not _TOPIC.fullmatch(topic):
        reading.wrong("topic", topic)
    inputs, outputs = reading.node.annotation.mapping
    for name, text in (inputs | reading.dotted("input")).items():
        if reading.expression(f"input.{name}", text) is not None:
            reading.parameters[name] = text
    variable = reading.node.annotation.result_variable
    results = outputs | ({variable: "= answer"} if variable else {}) | reading.dotted("result")
    return reading.rule(ConnectorKind.EXTERNAL, topic=topic, results=reading.results(results))


def _http(reading: _Reading) -> CallRule:
    """A request to an address whose host is written out: no value can lead it elsewhere."""
    method = reading.said.get("method", "GET" if not reading.said.get("body") else "POST").upper()
    if method not in _METHODS or (method == "GET" and reading.said.get("body")):
        reading.wrong("method", method)
    url = reading.needed("url")
    reading.template("url", url)
    host, path = _split_address(reading.templates.get("url", ()))
    if url and host is None:
        reading.faults.append(("CONNECTOR_ADDRESS", {"text": url}))
    if host is not None:
        reading.templates["url"] = path
    headers = {name.strip().lower(): text for name, text in reading.dotted("header").items()}
    for name, text in headers.items():
        if not _HEADER.fullmatch(name) or name in _OUR_HEADERS:
            reading.wrong(f"header.{name}", name)
        else:
            reading.template(f"header.{name}", text)
    reading.template("body", reading.said.get("body", ""))
    body = reading.templates.get("body")
    if body is not None and is_json(headers.get("content-type", "")) and not is_json_template(body):
        reading.wrong("body", reading.said["body"])
    variable = reading.node.annotation.result_variable
    results = ({variable: "= answer"} if variable else {}) | reading.dotted("result")
    return reading.rule(ConnectorKind.HTTP, method=method, host=host or "", results=reading.results(results))


def _split_address(parts: tuple[TemplatePart, ...]) -> tuple[str | None, tuple[TemplatePart, ...]]:
    """The host, and the template of what follows it. None where the host is not written out altogether."""
    found = _ADDRESS.match(parts[0].text) if parts else None
    if found is None or (found.end() == len(parts[0].text) and not found.group(2) and len(parts) > 1):
        return None, parts
    rest = found.group(2) + parts[0].text[found.end() :]
    if "#" in rest or "\\" in rest or any(character.isspace() for part in parts for character in part.text):
        return None, parts
    slashed = rest if rest.startswith("/") else "/" + rest
    return found.group(1).casefold().removesuffix(":443"), (TemplatePart(text=slashed), *parts[1:])


def _mail(reading: _Reading) -> CallRule:
    """A letter to somebody of the deal, or to an address that the map gives."""
    to = reading.needed("to")
    recipient = _RECIPIENTS.get(to.casefold(), "")
    if not recipient:
        reading.template("to", to)
    for key in ("subject", "text"):
        reading.template(key, reading.needed(key))
    return reading.rule(ConnectorKind.MAIL, recipient=recipient)


def _fields(reading: _Reading) -> CallRule:
    """Fields of the deal are written."""
    if not reading.dotted("set"):
        reading.faults.append(("CONNECTOR_LACKS", {"key": "set.…"}))
    reading.fields()
    return reading.rule(ConnectorKind.FIELDS)


def _map(reading: _Reading) -> CallRule:
    """A deal of the same client is opened on another map."""
    key = reading.needed("map")
    reading.template("title", reading.said.get("title", ""))
    reading.fields()
    results = reading.results(reading.dotted("result"))
    return reading.rule(ConnectorKind.MAP, map_key=key, results=results)


def _document(reading: _Reading) -> CallRule:
    """A file of the deal is made from a template that came with the map."""
    name = reading.needed("template")
    content = reading.template_file(name) if name else None
    if content is None:
        reading.faults += [("DOCUMENT_TEMPLATE_MISSING", {"template": name})] if name else []
    else:
        try:
            reading.parameters |= read_document(name, content).expressions
        except DocumentRefused as refused:
            reading.faults.append((refused.code, {"template": name, **refused.params}))
    reading.template("file_name", reading.said.get("file_name", ""))
    return reading.rule(
        ConnectorKind.DOCUMENT,
        template_file=name,
        template_sha256=hashlib.sha256(content or b"").hexdigest(),
        results=reading.results(reading.dotted("result")),
    )


_READERS: Mapping[ConnectorKind, Callable[[_Reading], CallRule]] = {
    ConnectorKind.EXTERNAL: _job,
    ConnectorKind.HTTP: _http,
    ConnectorKind.MAIL: _mail,
    ConnectorKind.FIELDS: _fields,
    ConnectorKind.MAP: _map,
    ConnectorKind.DOCUMENT: _document,
}
