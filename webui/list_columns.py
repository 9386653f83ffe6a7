"""The page on which a person chooses the columns of a list, and what its buttons keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.commands.list_choices import forget_list_choice, keep_list_choice
from engine.queries.list_columns import ListColumns
from engine.queries.own_columns import OwnColumn
from webui.i18n import _
from webui.own_columns import own_choices
from webui.request_context import actor, reading, writing
from webui.security import local_path

_DIRECTIONS = {"up": -1, "down": 1}


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Of one list: the page of that list, the blueprint with ``show`` and ``keep``, and what is said about it.

    ``tells_whose``: the own fields are those of deals and of clients.
    """

    columns: type[ListColumns[Any]]
    labels: Mapping[Any, str]
    list_endpoint: str
    blueprint: str
    title: str
    hint: str
    kept_text: str
    tells_whose: bool = True

    def serve_on(self, blueprint: Blueprint) -> None:
        """Show the page under the blueprint's address, and keep what is posted there."""
        blueprint.add_url_rule("", "show", self.page)
        blueprint.add_url_rule("", "keep", self.keep, methods=["POST"])

    def page(self) -> ResponseReturnValue:
        with reading() as session:
            columns = self.columns.kept(session, actor(), with_every_field=True)
        return render_template(
            "lists/columns.html",
            columns=columns,
            labels=self._labels_of(columns),
            title=_(self.title),
            hint=_(self.hint),
            keep_url=url_for(f"{self.blueprint}.keep"),
            back=self._back(),
        )

    def keep(self) -> ResponseReturnValue:
        """Whichever button is pressed, what is ticked is kept with it."""
        form = request.form
        word, _colon, direction = form.get("move", "").rpartition(":")
        with writing() as session:
            own = self.columns.offered(session, actor(), form.getlist("show"))
            columns = self.columns.of(form.getlist("order"), form.getlist("show"), own)
            moves = word in {one.value for one in columns.order} and direction in _DIRECTIONS
            if moves:
                columns = columns.moved(word, _DIRECTIONS[direction])
            if form.get("usual"):
                forget_list_choice(session, self.columns.LIST_NAME, actor=actor())
            else:
                keep_list_choice(session, self.columns.LIST_NAME, columns.as_kept(), actor=actor())
        if moves:
            return redirect(url_for(f"{self.blueprint}.show", next=self._back(), _anchor=word), code=303)
        flash(_(self.kept_text), "success")
        return redirect(self._back(), code=303)

    def _labels_of(self, columns: ListColumns[Any]) -> dict[StrEnum | OwnColumn, str]:
        built_in = {one: _(label) for one, label in self.labels.items()}
        return built_in | own_choices(columns.own, beside=built_in.values(), tells_whose=self.tells_whose)

    def _back(self) -> str:
        """The list from which somebody came, with its filters."""
        return local_path(request.values.get("next")) or url_for(self.list_endpoint)
