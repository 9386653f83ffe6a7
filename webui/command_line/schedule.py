"""``beat``: the schedule, which needs no database and loads nothing of one."""

from __future__ import annotations

import click

from engine.errors import N_
from webui.command_line.environment import settings_with_redis
from webui.serving import parts


@click.command(help=N_("Start the schedule, which says every few seconds what is to be looked at. Needs REDIS_URL."))
def beat() -> None:
    parts.beat(settings_with_redis())
