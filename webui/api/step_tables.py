"""The table of steps over HTTP: its rows, and edits of its cells."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.amending import amend_definition, edit_steps
from engine.policy.permissions import Ability, ensure_may
from engine.queries.definition_files import uploaded_files
from engine.queries.definitions import definition_view
from engine.queries.step_table import step_table
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.definitions import deployed
from webui.api.models.definitions import DefinitionPath, DeployedDefinition, StepEdits, StepItem, StepList
from webui.api.models.steps import FieldItem, OutcomeItem
from webui.api.models.values import Paging
from webui.api.performing import carry_out_prepared_once
from webui.api.tags import MAPS
from webui.i18n import chosen_locale
from webui.limits import limiter
from webui.map_uploads import library
from webui.request_context import reading, services


@api.get("/definitions/<int:definition_id>/steps", tags=[MAPS], responses={200: StepList})
def list_definition_steps(path: DefinitionPath, query: Paging) -> Response:
    """The steps with stage, responsible and deadline. Empty while errors stand against executing the map."""
    with reading() as session:
        steps = definition_view(session, caller(), path.definition_id).steps
        table = step_table(session, caller(), path.definition_id, chosen_locale())
    rows = {row.step.element_id: row for row in table.rows}
    return listed(
        part_of(steps, query),
        lambda step: StepItem(
            address=rows[step.element_id].address,
            cells=rows[step.element_id].texts,
            element_id=step.source_id,
            name=step.name,
            kind=step.kind,
            stage=step.stage,
            responsible=step.responsible,
            deadline=step.deadline_text,
            instruction=step.instruction,
            four_eyes=step.four_eyes,
            outcomes=tuple(OutcomeItem.of(one) for one in step.outcomes),
            fields=tuple(FieldItem.of(one, one.default) for one in step.fields),
        ),
        StepList,
    )


@api.patch(
    "/definitions/<int:definition_id>/steps",
    tags=[MAPS],
    responses={200: DeployedDefinition, **conflicts("amended_meanwhile", "idempotency_key_reused")},
)
@limiter.limit("300 per minute")
def edit_definition_steps(path: DefinitionPath, body: StepEdits) -> Response:
    """Edit cells of the table of steps: they are written into the map's own file, the rest of which stays as it is.

    A draft is amended; of any other version a new draft is made, whose id the answer names. 422 with the error of each
    cell, by `address.cell`, where one cannot be read: then nothing is kept. 409 where somebody amended the draft after
    `read_revision`.
    """
    ensure_may(caller(), Ability.DEPLOY_MAP)

    def prepare() -> Callable[[Session], int]:
        with reading() as session:
            table = step_table(session, caller(), path.definition_id, chosen_locale())
            files = uploaded_files(session, caller(), path.definition_id)
        checked = edit_steps(files, body.edits, library=library(), process_key=table.key)
        return lambda session: (
            amend_definition(
                session,
                path.definition_id,
                checked,
                read_revision=body.read_revision,
                actor=caller(),
                clock=services().clock,
            ).id
        )

    arguments = {"definition": path.definition_id, **body.model_dump(mode="json")}
    return answer(deployed(carry_out_prepared_once("edit_steps", arguments, prepare)))
