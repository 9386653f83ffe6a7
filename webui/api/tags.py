"""Under which headings the calls are described."""

from __future__ import annotations

from flask_openapi3.models.tag import Tag

ME = Tag(name="Me", description="Who is asking.")
MAPS = Tag(name="Sales maps", description="Process definitions: check, deploy, publish.")
CLIENTS = Tag(name="Clients", description="Clients and contacts.")
DEALS = Tag(name="Deals", description="Opening a deal starts its map.")
STEPS = Tag(name="Steps", description="Work items: what waits for people.")
QUESTIONS = Tag(name="Questions", description="Asking others about a step, and comments that name people.")
MESSAGES = Tag(name="Messages", description="What other systems tell waiting deals.")
JOBS = Tag(name="Jobs", description="Steps that programs outside do: fetch and lock, then complete.")
INCIDENTS = Tag(name="Failures", description="What failed technically, for administrators.")
REPORTS = Tag(name="Reports", description="Within what the caller sees.")
HISTORY = Tag(name="History", description="What happened, append-only.")
PEOPLE = Tag(name="People", description="Whom a step can be handed to.")
WEBHOOKS = Tag(name="Webhooks", description="Addresses that are told of history events.")
