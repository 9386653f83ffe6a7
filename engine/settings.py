"""Everything that the environment decides, read once and passed on as a value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_MOST_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment's answers. ``var`` holds the SQLite database, keys and files of an embedded installation.

    ``keys`` is the folder of the keys that sign the history and the approval sheets. The daily checkpoints of the
    history are written into ``checkpoints`` and sent to ``auditor_mail``.

    ``web_processes`` is how many processes answer requests: by default one where a database file is all there is,
    since it has one writer at a time; else by the processors. The next three bound files: one, all versions
    of all files of a deal, all contents together. The last five, as they were given, name the provider of the
    company's own accounts (``engine.policy.company_sign_in`` reads them).
    """

    host: str
    port: int
    var: Path
    database_url: str
    redis_url: str | None
    secret_key: str | None
    demo: bool
    smtp_url: str | None
    imap_url: str | None
    telegram_bot_token: str | None = field(repr=False)
    base_url: str
    time_zone: str
    locale: str
    web_processes: int
    keys: Path
    checkpoints: Path
    auditor_mail: str | None
    file_max_mb: int
    deal_files_max_mb: int
    all_files_max_gb: int
    oidc_issuer: str | None
    oidc_client_id: str | None
    oidc_client_secret: str | None = field(repr=False)
    oidc_name: str | None
    oidc_domains: str | None

    @property
    def is_embedded(self) -> bool:
        """Without Redis the worker and the beat live inside the server process."""
        return self.redis_url is None

    @property
    def telegram_bot_id(self) -> int | None:
        """The number with which the token begins, None where there is none."""
        number = (self.telegram_bot_token or "").partition(":")[0]
        return int(number) if number.isascii() and number.isdecimal() else None

    @property
    def uses_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def settings_from(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Empty variables count as absent, as compose files leave them."""
    given = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    var = Path(given.get("REGLAMENT_VAR", "var")).absolute()
    database_url = with_driver(given.get("DATABASE_URL", f"sqlite:///{var / 'reglament.sqlite'}"))
    redis_url = given.get("REDIS_URL")
    alone = database_url.startswith("sqlite") and redis_url is None
    host, port = given.get("HOST", "127.0.0.1"), int(given.get("PORT", "8000"))
    return Settings(
        host=host,
        port=port,
        var=var,
        database_url=database_url,
        redis_url=redis_url,
        secret_key=given.get("SECRET_KEY"),
        demo=given.get("REGLAMENT_DEMO", "0") == "1",
        smtp_url=given.get("SMTP_URL"),
        imap_url=given.get("IMAP_URL"),
        telegram_bot_token=given.get("TELEGRAM_BOT_TOKEN", "").strip() or None,
        base_url=given.get("BASE_URL", f"http://{f'[{host}]' if ':' in host else host}:{port}").rstrip("/"),
        time_zone=given.get("TZ_DEFAULT", "Europe/Kyiv"),
        locale=given.get("LOCALE_DEFAULT", "uk"),
        web_processes=max(1, int(given.get("WEB_PROCESSES", 1 if alone else _by_processors()))),
        keys=Path(given.get("REGLAMENT_KEYS", var / "keys")).absolute(),
        checkpoints=Path(given.get("REGLAMENT_CHECKPOINTS", var / "checkpoints")).absolute(),
        auditor_mail=given.get("AUDITOR_MAIL"),
        file_max_mb=max(1, int(given.get("FILE_MAX_MB", "25"))),
        deal_files_max_mb=max(1, int(given.get("DEAL_FILES_MAX_MB", "1024"))),
        all_files_max_gb=max(1, int(given.get("ALL_FILES_MAX_GB", "20"))),
        oidc_issuer=given.get("OIDC_ISSUER"),
        oidc_client_id=given.get("OIDC_CLIENT_ID"),
        oidc_client_secret=given.get("OIDC_CLIENT_SECRET"),
        oidc_name=given.get("OIDC_NAME"),
        oidc_domains=given.get("OIDC_DOMAINS"),
    )


def _by_processors() -> int:
    """As many as this process may use, two to four: two go on answering while one is started again."""
    return max(2, min(_MOST_PROCESSES, len(os.sched_getaffinity(0))))


def with_driver(url: str) -> str:
    """Name the PostgreSQL driver that we install, whatever spelling the platform gave."""
    for spelling in ("postgres://", "postgresql://"):
        if url.startswith(spelling):
            return "postgresql+psycopg://" + url.removeprefix(spelling)
    return url
