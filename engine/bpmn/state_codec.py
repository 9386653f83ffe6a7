"""An instance's state as bytes: live tasks as positional rows and the store, never the map itself.

Byte 0 is the format's version, byte 1 says whether the rest is compressed. The rest is JSON::

    [last id, packed, store, [row, …] of the map, [[activity id, [row, …]] of each sub-process, …]]

A row is [id, loop's id or 0, spec name, state, data or 0]. Values that JSON lacks (Decimal, date, datetime) stand as
``{"$": [kind, text]}`` and ``packed`` is then 1; a mapping of the map's own with the key ``$`` is packed, too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import zstandard

from engine.bpmn.guards import STATE_BYTES, ValuesTooLarge
from engine.bpmn.live_workflow import LiveSubWorkflow, LiveTask, LiveWorkflow, Scope
from engine.bpmn.script_engine import MapScriptEngine
from engine.bpmn.spec import ExecutableSpec

FORMAT = 1
COMPRESS_OVER = 4 * 1024
_LARGEST_STATE = 64 * 1024 * 1024
_TAG = "$"
_DUMP = orjson.OPT_PASSTHROUGH_DATETIME


class UnreadableState(ValueError):
    """The bytes are no state that this engine wrote, or a later engine's."""


def encode(workflow: LiveWorkflow, store: dict[str, Any]) -> bytes:
    """The state of a pruned ``workflow``. Raises ValuesTooLarge when it outgrew its bound."""
    return encode_document(
        [
            workflow.last_id,
            0,
            store,
            _rows(workflow),
            [[scope.parent_task_id, _rows(scope)] for scope in workflow.subprocesses.values()],
        ]
    )


def encode_document(document: list[Any]) -> bytes:
    """A document of format 1, its values not packed yet, as bytes. Raises ValuesTooLarge."""
    try:
        body = orjson.dumps(document, option=_DUMP)
    except TypeError:
        body = b'"$"'
    if b'"$"' in body:
        document = [document[0], 1, *(_pack(part) for part in document[2:])]
        body = orjson.dumps(document)
    if len(body) > STATE_BYTES:
        raise ValuesTooLarge(size=len(body), limit=STATE_BYTES)
    if len(body) > COMPRESS_OVER:
        return bytes((FORMAT, 1)) + zstandard.ZstdCompressor(level=3).compress(body)
    return bytes((FORMAT, 0)) + body


def read_document(state: bytes) -> list[Any]:
    """The document of format 1 that ``state`` holds, whatever version wrote it. Raises UnreadableState."""
    if len(state) < 2 or state[0] not in _READERS:  # noqa: PLR2004  # the two leading bytes
        raise UnreadableState(state[:1].hex())
    return _READERS[state[0]](state)


def decode(document: list[Any], spec: ExecutableSpec, engine: MapScriptEngine) -> LiveWorkflow:
    """The workflow that ``document`` describes, on the map ``spec``. Raises UnreadableState when they do not fit."""
    last_id, _, _, rows, scopes = document
    workflow = LiveWorkflow(spec.main, spec.scopes, engine)
    workflow.last_id = last_id
    try:
        _restore(workflow, rows)
        for activity_id, scope_rows in scopes:  # outer ones come first
            activity = workflow.find(activity_id)
            if activity is None:
                raise UnreadableState(activity_id)
            scope = LiveSubWorkflow(spec.scopes[activity.task_spec.spec], activity_id, workflow)
            workflow.subprocesses[activity_id] = scope
            _restore(scope, scope_rows)
    except KeyError as error:
        raise UnreadableState(str(error)) from error
    return workflow


def _rows(scope: Scope) -> list[list[Any]]:
    return [
        [
            task.id,
            task.parent_id if task.task_spec.loop is not None else 0,
            task.task_spec.name,
            task.state,
            task.internal_data or 0,
        ]
        for task in scope.tasks.values()
        if task.live
    ]


def _restore(scope: Scope, rows: list[list[Any]]) -> None:
    specs = scope.spec.task_specs
    for activity_id, loop_id, name, state, data in rows:
        parent = scope.tasks[loop_id] if loop_id else scope.task_tree
        task = LiveTask(scope, specs[name], parent, state, activity_id)
        if data:
            task.internal_data = data
        task.triggered = bool(loop_id)


def _read_first_format(state: bytes) -> list[Any]:
    body = state[2:]
    try:
        if state[1]:
            body = zstandard.ZstdDecompressor().decompress(body, max_output_size=_LARGEST_STATE)
        document: list[Any] = orjson.loads(body)
    except (zstandard.ZstdError, orjson.JSONDecodeError) as error:
        raise UnreadableState(str(error)) from error
    if document[1]:
        document = [document[0], 0, *(_unpack(part) for part in document[2:])]
    return document


_READERS: dict[int, Callable[[bytes], list[Any]]] = {1: _read_first_format}


def _pack(value: Any) -> Any:
    if isinstance(value, dict):
        packed = {key: _pack(item) for key, item in value.items()}
        return {_TAG: ["mapping", list(packed.items())]} if _TAG in packed else packed
    if isinstance(value, list | tuple):
        return [_pack(item) for item in value]
    if isinstance(value, Decimal):
        return {_TAG: ["decimal", str(value)]}
    if isinstance(value, datetime):
        return {_TAG: ["moment", value.isoformat()]}
    if isinstance(value, date):
        return {_TAG: ["date", value.isoformat()]}
    return value


_PLAIN: dict[str, Callable[[str], Any]] = {
    "decimal": Decimal,
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if isinstance(value, dict):
        if _TAG in value:
            kind, content = value[_TAG]
            if kind == "mapping":
                return {key: _unpack(item) for key, item in content}
            return _PLAIN[kind](content)
        return {key: _unpack(item) for key, item in value.items()}
    return value
