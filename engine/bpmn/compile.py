"""From uploaded files to a CompiledProcess, or to everything that stands in the way of one.

``compile_bpmn`` never raises for what is in a file; ``compile_child.compile_in_child`` puts it behind limits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from engine.bpmn.archive import is_document_file
from engine.bpmn.canonical import write_canonical
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.dmn.drawn import DecisionShelf
from engine.bpmn.dmn.reading import is_decision_file, read_decisions
from engine.bpmn.executed_tables import fill_tables
from engine.bpmn.facts_read import say_unknown_facts
from engine.bpmn.findings import Finding
from engine.bpmn.form_shelf import unasked_forms
from engine.bpmn.kinds_compared import say_kinds_mistaken, say_lists_mistaken
from engine.bpmn.map_model import HUMAN_TASKS, Node, NodeType, Place, Process, SalesMap
from engine.bpmn.messages_for_runs import say_messages_for_any_run
from engine.bpmn.names_too_long import say_names_too_long
from engine.bpmn.noticed import Noticed
from engine.bpmn.questions import Question
from engine.bpmn.reading import read_map
from engine.bpmn.reading.elements import local
from engine.bpmn.reading.form_files import read_forms
from engine.bpmn.repairs import REPAIRS
from engine.bpmn.repairs.calls import find_called
from engine.bpmn.repairs.decision_tables import judge_tables_named
from engine.bpmn.repairs.outcomes_named import check_outcomes_named_by_steps
from engine.bpmn.repairs.pools import candidates, choose_process, human_steps, merge_crossed_pools
from engine.bpmn.repairs.stand_ins import plan_human
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.safe_xml import XmlRefused, read_xml
from engine.bpmn.soundness import check_soundness
from engine.bpmn.step_definitions import define_steps, in_walking_order, read_ladder, say_what_steps_lack, stages_of
from engine.bpmn.step_questions import ask_what_steps_lack
from engine.bpmn.template_shelf import TemplateShelf
from engine.bpmn.unheard import say_what_is_unheard
from engine.bpmn.unreadable_values import say_unreadable_on_arrows, say_unreadable_values
from engine.bpmn.uploads import TABLE_SUFFIX, is_form_file, sort_upload
from engine.bpmn.values_changed_behind import say_values_changed_behind
from engine.bpmn.values_read_early import say_values_read_early
from engine.errors import DomainError

FORMAT_VERSION = 8  # raised when the same file compiles to something else, so that cached processes are made anew

_MAX_NODES = 3_000


def is_table_file(name: str) -> bool:
    """Whether a file of that name holds decisions and no map."""
    return name.lower().endswith(TABLE_SUFFIX)


def is_beside_map(name: str) -> bool:
    """Whether a file of that name goes with a map: decisions, a form, or a template of documents."""
    return is_table_file(name) or is_form_file(name) or is_document_file(name)


def library_entries(key: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a map as ``compile_bpmn`` takes them for a library: its first file, and those beside it."""
    beside = {name: content for name, content in files.items() if is_beside_map(name)}
    diagram = next((content for name, content in files.items() if name not in beside), b"")
    return {key: diagram, **{f"{key}/{name}": content for name, content in beside.items()}}


class ProcessProposal(BaseModel):
    """A process in the upload that could be executed. ``steps`` counts the tasks drawn for people."""

    model_config = ConfigDict(frozen=True)

    key: str
    name: str
    steps: int
    file: str
    chosen: bool


class CompileOutcome(BaseModel):
    """``process`` is None when there is nothing faithful to execute; errors may stand beside a process, too."""

    model_config = ConfigDict(frozen=True)

    process: CompiledProcess | None
    findings: tuple[Finding, ...]
    processes: tuple[ProcessProposal, ...] = ()
    questions: tuple[Question, ...] = ()  # in the order in which a deal comes to what they are about


def compile_bpmn(
    files: Mapping[str, bytes],
    *,
    process_key: str | None = None,
    library: Mapping[str, bytes] | None = None,
) -> CompileOutcome:
    """Read, repair and check an upload.

    ``files`` are the uploaded files by name, zips among them; ``process_key`` chooses one of several processes;
    ``library`` holds the maps that call activities may name, by process key, and the decision tables of each under its
    key and their name: ``discount-approval/limits.dmn``.
    """
    noticed = Noticed()
    upload = sort_upload(files, noticed)
    diagrams = upload.diagrams
    sales_map = SalesMap(forms=read_forms(upload.forms), templates=TemplateShelf(upload.documents))
    read = [_read(name, data, sales_map, sales_map.tables, noticed) for name, data in diagrams.items()]
    if not any(read):
        for file in sales_map.tables.files:
            noticed.refuse("DMN_WITHOUT_MAP", Place(file=file.file, line=1))
        return CompileOutcome(process=None, findings=noticed.findings)
    merge_crossed_pools(sales_map, noticed)
    chosen = choose_process(sales_map, process_key, noticed)
    proposals = tuple(
        ProcessProposal(
            key=process.id,
            name=process.name or process.pool,
            steps=human_steps(process),
            file=process.file,
            chosen=process is chosen,
        )
        for process in candidates(sales_map)
    )
    if chosen is None:
        return CompileOutcome(process=None, findings=noticed.findings, processes=proposals)
    used_library = _Library(sales_map, library or {})
    workbench = Workbench(sales_map, noticed, used_library.with_called(chosen))
    compiled = _execute(workbench, _hash(chosen.id, diagrams | upload.forms | upload.documents, used_library.read))
    unasked = (*sales_map.templates.unasked(), *unasked_forms(sales_map.forms, upload.forms))
    for name in unasked if compiled is not None else ():
        noticed.info("ZIP_FOREIGN_FILE", Place(file=name), name=name)
    questions = tuple(one for one in _in_map_order(workbench) if one.file not in used_library.read)
    return CompileOutcome(process=compiled, findings=noticed.findings, processes=proposals, questions=questions)


def _in_map_order(workbench: Workbench) -> list[Question]:
    """The questions as a deal comes to them; those about whole processes first, those that no path leads to last."""
    walked = [node.source_id for process in workbench.processes for node in in_walking_order(process.scope)]
    position = {source_id: number for number, source_id in reversed(list(enumerate(walked)))}
    whole = {process.source_id: -1 for process in workbench.processes}
    return sorted(
        workbench.noticed.questions,
        key=lambda one: ((whole | position).get(one.element_id, len(walked)), one.line or 0),
    )


def _read(name: str, data: bytes, sales_map: SalesMap, tables: DecisionShelf, noticed: Noticed) -> bool:
    """Add what is in a file to the map, or to its decisions. Answers whether it was a diagram."""
    try:
        safe = read_xml(data)
    except XmlRefused as refused:
        noticed.refuse(refused.code, Place(line=refused.line, file=name), **refused.params)
        return False
    for code, params in safe.repairs:
        noticed.info(code, Place(file=name, line=1), **params)
    if is_decision_file(safe.root):
        tables.files.append(read_decisions(safe.root, name))
        return False
    if is_table_file(name):
        noticed.refuse("NOT_DMN", Place(file=name, line=1), root=local(safe.root))
        return False
    return read_map(safe.root, name, sales_map, noticed)


class _Library:
    """Finds what call activities call: first in the upload, then among the published maps."""

    def __init__(self, sales_map: SalesMap, library: Mapping[str, bytes]) -> None:
        self._sales_map = sales_map
        self._library = library
        self.read: dict[str, bytes] = {}

    def with_called(self, chosen: Process) -> list[Process]:
        """``chosen`` and all that it calls, directly or not. Calls of something that calls back stay unresolved."""
        processes = [chosen]
        callers: dict[Process, set[Process]] = {chosen: {chosen}}
        for process in processes:
            for node in process.scope.all_nodes():
                if node.type is not NodeType.CALL_ACTIVITY:
                    continue
                called = self._find(node)
                if called is None or called in callers[process] or _calls_back(called, callers[process], self):
                    continue
                node.calls = called
                callers.setdefault(called, {called}).update(callers[process])
                if called not in processes:
                    processes.append(called)
        return processes

    def _find(self, node: Node) -> Process | None:
        found = find_called(node, self._sales_map.processes)
        key = node.called
        if found is not None or key not in self._library or key in self.read:
            return found
        tables = self._sales_map.tables_of.setdefault(key, DecisionShelf())
        of_map = {name: self._library[name] for name in self._library if name == key or name.startswith(f"{key}/")}
        self.read |= of_map
        forms = {name: content for name, content in of_map.items() if is_form_file(name)}
        documents = {name: content for name, content in of_map.items() if is_document_file(name)}
        self._sales_map.templates_of[key] = TemplateShelf(documents)
        self._sales_map.forms = {**read_forms(forms), **self._sales_map.forms}
        for name, content in sorted(of_map.items()):
            # What is wrong in a published map was said when it was published.
            if name not in forms and name not in documents:
                _read(name, content, self._sales_map, tables, Noticed())
        merge_crossed_pools(self._sales_map, Noticed())
        return find_called(node, self._sales_map.processes)

    def called_by(self, process: Process) -> list[Process]:
        return [
            called
            for node in process.scope.all_nodes()
            if node.type is NodeType.CALL_ACTIVITY and (called := self._find(node)) is not None
        ]


def _calls_back(called: Process, callers: set[Process], library: _Library) -> bool:
    seen, waiting = {called}, [called]
    while waiting:
        for further in library.called_by(waiting.pop()):
            if further in callers:
                return True
            if further not in seen:
                seen.add(further)
                waiting.append(further)
    return False


def _execute(workbench: Workbench, content_hash: str) -> CompiledProcess | None:
    noticed, processes = workbench.noticed, workbench.processes
    if sum(1 for _ in workbench.nodes()) > _MAX_NODES:
        noticed.refuse("TOO_MANY_NODES", _place(processes[0]), limit=str(_MAX_NODES))
        return None
    for repair in REPAIRS:
        for process in processes:
            repair(workbench, process)
        if noticed.has_refused():
            break
    if noticed.has_refused():
        _plan_human_tasks(processes)
        say_what_steps_lack(processes, noticed)
        say_unreadable_on_arrows(workbench)
        judge_tables_named(workbench)
        return None
    steps = define_steps(processes, noticed)
    if not steps:
        noticed.warning("NOBODY_ASKED", _place(processes[0]))
    say_names_too_long(processes, steps, noticed)
    check_outcomes_named_by_steps(workbench, steps)
    say_what_is_unheard(processes, noticed)
    say_unknown_facts(workbench, steps)
    say_kinds_mistaken(workbench, steps)
    say_lists_mistaken(workbench, steps)
    say_unreadable_values(workbench)
    ask_what_steps_lack(processes, steps, noticed)
    for process in processes:
        check_soundness(process, noticed)
    if noticed.has_refused():
        return None
    main = processes[0]
    compiled = CompiledProcess(
        key=main.id,
        name=main.name or main.pool or main.source_id,
        content_hash=content_hash,
        executable=write_canonical(workbench.sales_map, processes),
        steps=steps,
        stages=stages_of(steps),
        **fill_tables(processes, steps, workbench.tables.decisions).as_arguments(),
        called_keys=tuple(process.key for process in processes[1:]),
        default_escalation=read_ladder(main.annotation, _place(main), noticed),
        findings=(),
    )
    if not _runs(compiled, noticed, main):
        return None
    say_values_changed_behind(workbench, compiled)
    say_values_read_early(workbench, compiled)
    say_messages_for_any_run(workbench, compiled)
    return compiled.model_copy(update={"findings": noticed.findings})


def _plan_human_tasks(processes: list[Process]) -> None:
    """A broken structure hides nothing: deadlines and responsibles are looked at all the same."""
    for process in processes:
        for node in process.scope.all_nodes():
            if node.step is None and node.type in HUMAN_TASKS:
                plan_human(node)


def _place(process: Process) -> Place:
    return Place(process.source_id, process.name or process.pool, process.line, process.file)


def _runs(compiled: CompiledProcess, noticed: Noticed, main: Process) -> bool:
    """Whether the execution core accepts what was compiled: a refusal here is our mistake, but never a crash later."""
    from engine.bpmn.spec import build_spec  # noqa: PLC0415  # SpiffWorkflow is loaded only when it is needed

    try:
        build_spec(compiled)
    except DomainError as error:
        noticed.refuse("ENGINE_REFUSED", _place(main), problem=str(error))
        return False
    except Exception as error:  # noqa: BLE001  # any exception of a parser that we did not write means the same
        noticed.refuse("ENGINE_REFUSED", _place(main), problem=f"{type(error).__name__}: {error}")
        return False
    return True


def _hash(key: str, diagrams: Mapping[str, bytes], library: Mapping[str, bytes]) -> str:
    """What tells compiled maps apart: two processes of one file are two maps, ``key`` says which."""
    digest = hashlib.sha256(f"reglament format {FORMAT_VERSION}\n{key}\n".encode())
    for files in (diagrams, library):
        for data in files.values():
            digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()
