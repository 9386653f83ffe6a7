"""Rules of addresses that make the code of `url_for` when it is first needed."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class RuleBuiltWhenNeeded(Rule):
    """Werkzeug compiles two functions for each rule at once: five sixths of the time in which the application is made.

    Most addresses are never built by most processes: the calls of the API have rules, and no page links to them.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        made: list[Builder] = []  # two threads may make it at once: both make the same

        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            if not made:
                made.append(super(RuleBuiltWhenNeeded, self)._compile_builder(append_unknown))
            return made[0](rule, **values)

        return build
