"""gunicorn's settings that stand as attributes are the ones that were set."""

from __future__ import annotations

from gunicorn.config import Config

from webui.serving.settled_settings import settle


def test_each_setting_reads_as_before() -> None:
    config = Config()
    config.set("keepalive", 75)
    config.set("bind", ["127.0.0.1:8100"])
    before = {name: getattr(config, name) for name in config.settings}
    settle(config)
    assert {name: getattr(config, name) for name in config.settings} == before
    assert (config.keepalive, config.address) == (75, [("127.0.0.1", 8100)])


def test_a_setting_is_not_looked_for_any_more() -> None:
    config = Config()
    settle(config)
    config.settings = {}
    assert config.keepalive == Config().keepalive
