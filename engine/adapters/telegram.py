"""Telegram's Bot API: messages to people's chats, and what they write to the bot.

https://core.telegram.org/bots/api. The token is a part of each address: no address is ever told or logged.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

import orjson

from engine.adapters.https_calls import AnswerLost, AnswerTooLarge, CallUnreachable, HttpsCall, HttpsCaller
from engine.adapters.mail import one_line
from engine.adapters.public_addresses import AddressNotPublic
from engine.errors import N_, DomainError

API_HOST = "api.telegram.org"
API_PORT = 443
LONGEST_WAIT_S = 3600
_USUAL_WAIT_S = 5
_UPDATES_AT_ONCE = 100
_LONGEST_READ = 200
_TOKEN = re.compile(r"(\d{1,19}):[A-Za-z0-9_-]{20,100}")
_GONE = ("chat not found", "user is deactivated", "user not found", "peer_id_invalid")
_LEFT = frozenset({"kicked", "left"})


class TelegramTokenNotUnderstood(DomainError):
    code: ClassVar[str] = "telegram_token_not_understood"
    template: ClassVar[str] = N_(
        "TELEGRAM_BOT_TOKEN is no token of a bot. @BotFather gives it; it looks like 123456789:AAE… with no blanks."
    )


class TelegramFailed(DomainError):
    """Nothing was taken; it is tried again later."""

    code: ClassVar[str] = "telegram_failed"
    template: ClassVar[str] = N_("Telegram does not work now: %(answer)s")


class TelegramTokenRefused(TelegramFailed):
    """The token is of no bot, or was replaced by @BotFather: nothing works until an administrator mends it."""

    template: ClassVar[str] = N_("Telegram does not know the bot. Is TELEGRAM_BOT_TOKEN the one that @BotFather gave?")


class TelegramReadElsewhere(TelegramFailed):
    """Another program reads the bot's updates, or a webhook takes them."""

    template: ClassVar[str] = N_(
        "Another program reads what people write to this bot. Give Reglament a bot of its own: %(answer)s"
    )


class TelegramSilent(TelegramFailed):
    """The request left, and no answer came: it may have been taken."""

    template: ClassVar[str] = N_("Telegram did not answer: %(answer)s")


class TelegramBusy(TelegramFailed):
    """Too much was sent; ``seconds`` is how long nothing is to be sent."""

    template: ClassVar[str] = N_("Telegram asks to wait %(seconds)s s.")


class TelegramRefused(DomainError):
    """It will never be taken; trying again does not help."""

    code: ClassVar[str] = "telegram_refused"
    template: ClassVar[str] = N_("Telegram refused the message: %(answer)s")


class ChatGone(DomainError):
    """The person has blocked the bot, or there is no such chat any more."""

    code: ClassVar[str] = "telegram_chat_gone"
    template: ClassVar[str] = N_("The person has blocked the bot in Telegram.")


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """``html`` is in the few tags that Telegram knows. ``button`` is the label and address of one below it."""

    chat_id: int
    html: str
    button: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """What somebody wrote to the bot in a chat of their own, or that they blocked it; else ``chat_id`` is None.

    ``language`` is that of their Telegram ("uk"), ``name`` what they call themselves there.
    """

    id: int
    chat_id: int | None = None
    text: str = ""
    language: str = ""
    name: str = ""
    has_left: bool = False


class Telegram(Protocol):
    @property
    def bot_id(self) -> int: ...

    def username(self) -> str:
        """The bot's own. Raises TelegramFailed."""

    def updates(self, after: int) -> Sequence[Update]:
        """What is newer than the update of this number, oldest first; with 0 whatever was not yet read.

        Asking for what comes after one tells Telegram that it was taken. Raises TelegramFailed.
        """

    def send(self, message: ChatMessage) -> None:
        """Hand over one message. Raises TelegramFailed, TelegramRefused, ChatGone."""


def telegram_for(token: str | None, https: HttpsCaller) -> Telegram | None:
    """The bot that the installation has configured. Raises TelegramTokenNotUnderstood."""
    return BotApi(token, https) if token else None


@dataclass(frozen=True, slots=True)
class _Answer:
    """``is_telegrams``: it is the Bot API that speaks, and no gateway before it."""

    status: int
    is_telegrams: bool
    result: Any
    description: str
    retry_after: int


class BotApi:
    """``host`` and ``port`` are Telegram's own but in tests."""

    def __init__(self, token: str, https: HttpsCaller, *, host: str = API_HOST, port: int = API_PORT) -> None:
        self._token, self._https, self._host, self._port = token, https, host, port
        self._bot_id = bot_id_of(token)

    @property
    def bot_id(self) -> int:
        return self._bot_id

    def username(self) -> str:
        told = self._done("getMe", {})
        name = told.get("username") if isinstance(told, dict) else None
        if not isinstance(name, str) or not re.fullmatch(r"\w{1,64}", name, re.ASCII):
            raise TelegramFailed(answer=N_("it told no name of the bot"))
        return name

    def updates(self, after: int) -> Sequence[Update]:
        asked: dict[str, Any] = {"limit": _UPDATES_AT_ONCE, "allowed_updates": ["message", "my_chat_member"]}
        if after:
            asked["offset"] = after + 1
        told = self._done("getUpdates", asked)
        found = (read_update(one) for one in told) if isinstance(told, list) else ()
        return sorted((one for one in found if one is not None), key=lambda one: one.id)

    def send(self, message: ChatMessage) -> None:
        asked: dict[str, Any] = {
            "chat_id": message.chat_id,
            "text": message.html,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},  # a preview would fetch our pages
        }
        if message.button is None:
            self._done("sendMessage", asked)
            return
        label, url = message.button
        try:
            self._done("sendMessage", asked | {"reply_markup": {"inline_keyboard": [[{"text": label, "url": url}]]}})
        except TelegramRefused:  # it takes buttons to some addresses only, and says nowhere to which
            self._done("sendMessage", asked | {"text": f"{message.html}\n{html.escape(f'{label}: {url}')}"})

    def _done(self, method: str, asked: Mapping[str, Any]) -> Any:
        """The result of a call. Raises TelegramFailed, TelegramRefused, ChatGone."""
        answer = self._asked(method, asked)
        said = answer.description.casefold()
        if not answer.is_telegrams:
            raise TelegramSilent(answer=answer.description)
        if answer.status == HTTPStatus.OK:
            return answer.result
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise TelegramBusy(seconds=answer.retry_after)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}:
            raise TelegramTokenRefused
        if answer.status == HTTPStatus.CONFLICT:
            raise TelegramReadElsewhere(answer=answer.description)
        if answer.status == HTTPStatus.FORBIDDEN or any(one in said for one in _GONE):
            raise ChatGone
        if answer.status == HTTPStatus.BAD_REQUEST:
            raise TelegramRefused(answer=answer.description)
        raise TelegramFailed(answer=answer.description)

    def _asked(self, method: str, asked: Mapping[str, Any]) -> _Answer:
        call = HttpsCall(
            "POST",
            self._host,
            self._port,
            f"/bot{self._token}/{method}",
            {"Content-Type": "application/json", "User-Agent": "Reglament"},
            orjson.dumps(asked),
        )
        try:
            answer = self._https.call(call)
        except AnswerLost as lost:
            raise TelegramSilent(answer=lost.params["problem"]) from lost
        except CallUnreachable as failure:
            raise TelegramFailed(answer=failure.params["problem"]) from failure
        except (AnswerTooLarge, AddressNotPublic) as failure:
            raise TelegramFailed(answer=str(failure)) from failure
        return _read_answer(answer.status, answer.body, answer.retry_after)


def bot_id_of(token: str) -> int:
    """The number of a token's bot, with which it begins. Raises TelegramTokenNotUnderstood."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise TelegramTokenNotUnderstood
    return int(found[1])


def _read_answer(status: int, body: bytes, retry_after: str) -> _Answer:
    """What the API answered; of an answer of somebody between us and it, only the status is told."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    is_telegrams = isinstance(told, dict) and told.get("ok") is (status == HTTPStatus.OK)
    if not is_telegrams:
        return _Answer(status, status == HTTPStatus.TOO_MANY_REQUESTS, None, f"HTTP {status}", _wait(retry_after))
    parameters = told.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    description = one_line(str(told.get("description") or f"HTTP {status}"))
    return _Answer(status, is_telegrams, told.get("result"), description, _wait(wait or retry_after))


def _wait(told: Any) -> int:
    """Seconds, as they were told in whatever type, and never for ever."""
    try:
        return max(1, min(int(told), LONGEST_WAIT_S))
    except (TypeError, ValueError):
        return _USUAL_WAIT_S


def read_update(told: Any) -> Update | None:
    """An update as the API tells it; what is not understood keeps its number alone, what has none is nothing."""
    number = told.get("update_id") if isinstance(told, dict) else None
    if not isinstance(number, int):
        return None
    message, change = told.get("message"), told.get("my_chat_member")
    within = message if isinstance(message, dict) else change if isinstance(change, dict) else {}
    chat, sender = _part(within, "chat"), _part(within, "from")
    chat_id = chat.get("id")
    if not isinstance(chat_id, int) or chat.get("type") != "private":
        return Update(number)
    return Update(
        id=number,
        chat_id=chat_id,
        text=_text(within.get("text"))[:_LONGEST_READ] if within is message else "",
        language=_text(sender.get("language_code")),
        name=_name_of(sender),
        has_left=within is change and _part(within, "new_chat_member").get("status") in _LEFT,
    )


def _name_of(sender: Mapping[str, Any]) -> str:
    username = _text(sender.get("username"))
    full = " ".join(filter(None, (_text(sender.get("first_name")), _text(sender.get("last_name")))))
    return one_line(f"@{username}" if username else full)[:100]


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _text(told: Any) -> str:
    return told.replace("\0", "") if isinstance(told, str) else ""
