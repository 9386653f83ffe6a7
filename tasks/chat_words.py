"""Messages in Telegram, worded for their reader: short, and nothing that people typed is more than text there."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from engine.adapters.telegram import ChatMessage
from engine.commands.telegram_updates import Reply
from engine.errors import N_
from engine.queries.letters import LetterView
from engine.settings import Settings
from tasks.notice_writer import NoticeWriter, Section
from tasks.words import catalogue

_LONGEST = 3500
"""The API takes 4096 characters."""
_LONGEST_PART = 400
_JOINER = "\u2060"
_LIVE = re.compile(r"(?<=[.:@/\\#$])(?=\S)")
_LOCALES = ("uk", "en")
_AGAIN = N_("You may have this message already: Telegram did not answer when it was sent first.")
_REPLIES: Mapping[Reply, str] = {
    Reply.LINKED: N_(
        "Hello, %(name)s! What Reglament has to tell you comes here from now on.\n\n"
        "You choose what and when in Reglament, under Settings → Notices. To stop it, write /stop."
    ),
    Reply.LINKED_ALREADY: N_(
        "I bring %(name)s what Reglament has to tell. I read no answers: to do something, open the link of a message. "
        "To stop it, write /stop."
    ),
    Reply.CODE_UNKNOWN: N_(
        "This code is not valid: it works once, for a quarter of an hour. Make a new one in Reglament, under "
        "Settings → Notices."
    ),
    Reply.STOPPED: N_("Nothing comes here any more. You link Telegram again in Reglament, under Settings → Notices."),
    Reply.WELCOME: N_(
        "I bring people what Reglament has to tell them. To begin, open Settings → Notices in Reglament and press "
        "“Link Telegram”."
    ),
}


def chat_message_of(
    view: LetterView, *, chat_id: int, settings: Settings, at: datetime, is_repeated: bool = False
) -> ChatMessage:
    """The letter as a message. ``is_repeated``: a try before may have arrived, which the message says."""
    decided = [one.content.work_item_id for one in view.notices if one.content is not None]
    pages = {item_id: f"{settings.base_url}/work-items/{item_id}" for item_id in decided}
    writer = NoticeWriter(view, pages, settings, at, is_brief=True)
    notices = writer.urgent_first()
    sections = [writer.section(notice) for notice in notices]
    can_link = "." in (urlsplit(settings.base_url).hostname or "")  # what has no dot is no address to Telegram
    button = (sections[0].action, sections[0].link) if len(sections) == 1 and can_link else None
    parts = [f"<b>{inert(writer.title())}</b>"] if len(sections) > 1 else []
    told = 0
    for section in sections:
        part = "\n".join((*_lines(section), *((_link(section, can_link=can_link),) if button is None else ())))
        if told and sum(map(len, parts)) + len(part) > _LONGEST:
            break
        parts.append(part)
        told += 1
    parts += [inert(one) for one in (writer.more(told), writer.say(_AGAIN) if is_repeated else "") if one]
    return ChatMessage(chat_id, "\n\n".join(parts), button)


def reply_of(reply: Reply, *, chat_id: int, locale: str, name: str) -> ChatMessage:
    """What the bot answers to what was written to it."""
    return ChatMessage(chat_id, html.escape(catalogue(locale).gettext(_REPLIES[reply])) % {"name": inert(name)})


def locale_of(language: str, *, usual: str) -> str:
    """The language in which somebody is answered whose Telegram speaks ``language`` ("en-GB")."""
    spoken = language.partition("-")[0].casefold()
    return spoken if spoken in _LOCALES else usual


def inert(text: str) -> str:
    """A text as HTML in which nothing can be pressed.

    Telegram makes links, mentions and commands of whatever looks like one; an invisible character that belongs to no
    address keeps it from that.
    """
    plain = "".join(one if one.isprintable() or one == "\n" else " " for one in text)
    return html.escape(_LIVE.sub(_JOINER, plain))


def _lines(section: Section) -> Iterator[str]:
    yield f"<b>{_short(section.sentence)}</b>"
    if section.quote:
        yield f"<blockquote>{_short(section.quote)}</blockquote>"
    for label, value in section.facts:
        yield f"{inert(label)}: {_short(value)}"


def _link(section: Section, *, can_link: bool) -> str:
    link, action = html.escape(section.link), inert(section.action)
    return f'<a href="{link}">{action}</a>' if can_link else f"{action}: {link}"


def _short(text: str) -> str:
    return inert(text if len(text) <= _LONGEST_PART else text[: _LONGEST_PART - 1] + "…")
