"""What somebody says at a deal or at a step, with files, from a page's form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import request
from sqlalchemy.orm import Session

from engine.commands.stored_files import BroughtFile
from engine.model.deal import Deal
from engine.model.work_item import WorkItem
from webui.carrying_out import made_once
from webui.file_uploads import limits
from webui.request_context import actor, services


def said_once(
    say: Callable[..., Deal | WorkItem], place_id: int, files: Sequence[BroughtFile]
) -> Callable[[Session], int]:
    """What says the form's comment, by the command ``say``, at the deal or step ``place_id``, and returns that id.

    However often its button is pressed, it is said once.
    """
    return made_once(
        lambda session: (
            say(
                session,
                place_id,
                request.form.get("text", ""),
                actor=actor(),
                clock=services().clock,
                files=files,
                limits=limits(),
            ).id
        ),
        files=" ".join(one.sha256 for one in files),
    )
