"""Letters, worded for their reader: the same in plain text and in HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from engine.adapters.mail import Letter
from engine.adapters.mailbox import reply_address
from engine.errors import N_
from engine.queries.letters import LetterView
from engine.settings import Settings
from tasks.notice_writer import NoticeWriter, Section

_CONTENT = N_("What is decided on")
_SETTINGS = N_("Choose which letters you get, and when")
_MOST_TOLD = 30
"""In one letter: programs cut longer ones."""


def letter_of(view: LetterView, links: Mapping[int, str], *, settings: Settings, at: datetime) -> Letter:
    """The letter in the reader's language, times in the installation's zone.

    ``links`` lead to the decisions, by the id of the step; ``at`` is the moment of sending.
    """
    writer = NoticeWriter(view, links, settings, at)
    sections = [writer.section(notice) for notice in writer.urgent_first()[:_MOST_TOLD]]
    subject, settings_url = writer.subject(), f"{settings.base_url}/settings/mail"
    words = {
        "content": writer.say(_CONTENT),
        "more": writer.more(len(sections)),
        "signature": writer.signature(),
        "settings": writer.say(_SETTINGS),
    }
    return Letter(
        key=view.key,
        to=view.to,
        subject=subject,
        text=_plain(writer, sections, words, settings_url),
        html=_template().render(
            locale=view.locale,
            subject=subject,
            title=writer.title(),
            sections=sections,
            words=words,
            settings_url=settings_url,
        ),
        written_at=view.written_at,
        thread=f"deal-{view.deal_id}-{view.person_id}" if view.deal_id is not None else "",
        reply_to=reply_address(settings.imap_url, view.key) if writer.may_be_answered else "",
        settings_url=settings_url,
        in_reply_to=view.in_reply_to,
    )


def _plain(writer: NoticeWriter, sections: Sequence[Section], words: Mapping[str, str], settings_url: str) -> str:
    lines: list[str] = []
    if len(sections) > 1:
        lines += [writer.title(), ""]
    for section in sections:
        lines += [section.sentence, ""]
        for part in (section.quote, section.instruction):
            lines += [*(f"| {line}" for line in part.splitlines()), ""] if part else []
        lines += [f"{label}: {value}" for label, value in section.facts]
        if section.content:
            lines += ["", f"{words['content']}:", *(f"{label}: {value}" for label, value in section.content)]
        lines += ["", f"{section.action}: {section.link}", ""]
        lines += [section.note, ""] if section.note else []
    lines += [words["more"], ""] if words["more"] else []
    # RFC 3676 section 4.3: what follows is a signature
    return "\n".join([*lines, "-- ", words["signature"], f"{words['settings']}: {settings_url}"]) + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("letter.html")
