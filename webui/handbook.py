"""The handbook of a map: the company's single instruction, as blocks that a page, a PDF and a document show alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, Reauthentication, StepDefinition
from engine.bpmn.strokes import Sheet
from engine.policy.escalation_ladder import DEFAULT_LADDER
from engine.queries.definitions import DefinitionVersion
from engine.queries.handbooks import HandbookSource
from webui.condition_words import Vocabulary, value_words
from webui.decision_tables import DecisionLine, decision_lines
from webui.formats import exactly
from webui.forms.shown_values import column_label
from webui.i18n import _
from webui.map_steps import PROOFS, StepLine, escalation_words, field_type_words, step_lines
from webui.version_changes import people_words
from webui.way_words import WaysOut


@dataclass(frozen=True, slots=True)
class Heading:
    """``level`` 1 is a chapter, 2 a step in it. ``anchor`` is unique in the handbook."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said about something, label by label, each in one line or several."""

    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """``widths`` are shares of the page's width."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The map's diagram under a heading of its own; the caption says what it shows."""

    heading: Heading
    sheet: Sheet
    caption: str


Block: TypeAlias = Heading | Paragraph | Facts | Table | Drawing


@dataclass(frozen=True, slots=True)
class Handbook:
    """``subtitle`` tells the version and its state; ``file_name`` is without an ending."""

    title: str
    subtitle: str
    file_name: str
    blocks: tuple[Block, ...]

    @property
    def headings(self) -> tuple[Heading, ...]:
        headed = (one.heading if isinstance(one, Drawing) else one for one in self.blocks)
        return tuple(one for one in headed if isinstance(one, Heading))


def handbook(source: HandbookSource) -> Handbook:
    """In the reader's language. The whole of it is of this one version."""
    row = source.view.row
    return Handbook(
        title=row.name,
        subtitle=_subtitle(row),
        file_name=f"{row.key}-{row.version}",
        blocks=tuple(_blocks(source)),
    )


def _subtitle(row: DefinitionVersion) -> str:
    states = {"draft": _("draft, not in force"), "published": _("in force"), "retired": _("no longer in force")}
    return _("Version %(version)s, %(state)s", version=row.version, state=states[row.state.value])


def _blocks(source: HandbookSource) -> Iterator[Block]:
    yield Facts(tuple(_about(source)))
    process = source.process
    stages = _numbered(source)
    if process is not None:
        ways = WaysOut(process)
        yield Heading(1, _("All steps at a glance"), "overview")
        yield _overview(stages, ways.words)
    if source.sheet is not None:
        caption = _("The map “%(name)s”, version %(version)s", **_named(source.view.row))
        yield Drawing(Heading(1, _("The map"), "map"), source.sheet, caption)
    if process is None:
        yield Paragraph(_("Errors stand against this version, so there are no steps to tell of yet."))
        return
    for at, (stage, lines) in enumerate(stages, 1):
        yield Heading(1, f"{at}. {stage}", f"stage-{at}")
        for number, line in lines:
            yield from _step(number, line, process, ways)
    yield from _decisions(decision_lines(source.view.decisions))


def _overview(stages: list[tuple[str, list[tuple[str, StepLine]]]], words: Vocabulary) -> Table:
    return Table(
        (_("No."), _("Step"), _("Who"), _("By when")),
        tuple(
            (number, line.step.name or line.step.source_id, _who(line.step, words), line.deadline or "—")
            for _stage, lines in stages
            for number, line in lines
        ),
        (8, 44, 28, 20),
    )


def _named(row: DefinitionVersion) -> dict[str, object]:
    return {"name": row.name, "version": row.version}


def _about(source: HandbookSource) -> Iterator[tuple[str, tuple[str, ...]]]:
    row, view = source.view.row, source.view
    if source.purpose:
        yield _("What it is for"), (source.purpose,)
    if row.published_at is not None:
        yield _("Published"), (", ".join(filter(None, (row.published_by_name, exactly(row.published_at)))),)
    else:
        yield _("Uploaded"), (", ".join(filter(None, (row.created_by_name, exactly(row.created_at)))),)
    if row.published_note:
        yield _("Why this version"), (row.published_note,)
    if view.stages:
        yield _("Stages"), (" → ".join(stage.name for stage in view.stages),)
    if view.called:
        yield _("Calls"), tuple(_linked(one.name, one.version) for one in view.called)
    if view.callers:
        yield _("Is part of"), tuple(_linked(one.name, one.version) for one in view.callers)


def _linked(name: str, version: int | None) -> str:
    return f"{name} ({_('version %(version)s', version=version)})" if version is not None else name


def _numbered(source: HandbookSource) -> list[tuple[str, list[tuple[str, StepLine]]]]:
    """The steps of each stage with their numbers: 2.3 is the third step of the second stage."""
    view = source.view
    lines = step_lines(view.steps, (stage.name for stage in view.stages), view.row.key)
    return [
        (stage or _("Without a stage"), [(f"{at}.{place}", line) for place, line in enumerate(of_stage, 1)])
        for at, (stage, of_stage) in enumerate(groupby(lines, key=lambda line: line.step.stage), 1)
    ]


def _step(number: str, line: StepLine, process: CompiledProcess, ways: WaysOut) -> Iterator[Block]:
    step = line.step
    yield Heading(2, f"{number} {step.name or step.source_id}", f"step-{number.replace('.', '-')}")
    if step.instruction:
        yield Paragraph(step.instruction)
    yield Facts(tuple(_facts(line, process, ways)))
    if line.fields:
        yield Table(
            (_("Field"), _("What is written there"), _("Required")),
            tuple((one.label, _kind(one), _("yes") if one.required else "") for one in step.fields),
            (42, 42, 16),
        )


def _kind(asked: FieldDefinition) -> str:
    """The type of a field; of one to choose from its choices, of a table its columns."""
    choices = " / ".join([one.label for one in asked.choices] or [column_label(one) for one in asked.columns])
    return f"{field_type_words(asked)}: {choices}" if choices else field_type_words(asked)


def _facts(line: StepLine, process: CompiledProcess, ways: WaysOut) -> Iterator[tuple[str, tuple[str, ...]]]:
    step = line.step
    given_out = (line.distribution,) if line.distribution else ()
    yield _("Who"), (_who(step, ways.words), *given_out)
    yield _("By when"), (line.deadline or _("no deadline"),)
    if line.approval or step.four_eyes:
        said = [line.approval] if line.approval else []
        if step.four_eyes:
            said.append(_("four eyes: who asks for it may not give it"))
        if step.approved_content is not None:
            said.append(_("approved is: %(content)s", content=line.content))
        yield _("Approval"), tuple(said)
    if step.reauthenticate is not Reauthentication.NONE:
        yield _("Proof of who decides"), (_(PROOFS[step.reauthenticate]),)
    out = ways.out_of(step.element_id)
    if out:
        yield _("What comes next"), tuple(str(one) for one in out)
    beside = ways.beside(step.element_id)
    if beside:
        yield _("While it waits"), tuple(str(one) for one in beside)
    yield _("When late"), _late(step, process)
    yield _("Freedom"), (line.freedom,)
    if line.inherited_from:
        yield _("From the map"), (line.inherited_from,)


def _who(step: StepDefinition, words: Vocabulary) -> str:
    """Departments and people by name; whoever a value of the deal names, by what the value is called."""
    named = (one if one == "=owner" or not one.startswith("=") else _whom(one, words) for one in step.responsible)
    return people_words(named)


def _whom(expression: str, words: Vocabulary) -> str:
    return _("whom %(what)s names", what=value_words(expression, words))


def _late(step: StepDefinition, process: CompiledProcess) -> tuple[str, ...]:
    ladder = step.escalation or process.default_escalation
    if ladder is not None:
        return escalation_words(ladder)
    return (_("as the department’s own rule says; where it has none:"), *escalation_words(DEFAULT_LADDER))


def _decisions(decisions: tuple[DecisionLine, ...]) -> Iterator[Block]:
    if decisions:
        yield Heading(1, _("Decision tables"), "decisions")
    for at, line in enumerate(decisions, 1):
        yield Heading(2, line.row.decision.title, f"decision-{at}")
        told = [_("Decides: %(names)s", names=", ".join(line.row.tasks))] if line.row.tasks else []
        yield Paragraph(" · ".join(filter(None, (*told, line.policy, line.expression))), is_quiet=True)
        if line.rules:
            header = (_("Rule"), *(one.label for one in (*line.inputs, *line.outputs)))
            yield Table(
                header,
                tuple((str(rule.number), *rule.inputs, *rule.outputs) for rule in line.rules),
                (10, *([90 // (len(header) - 1)] * (len(header) - 1))),
            )
