"""What the people of the demo company talk over: a question, a comment with a name, a watched deal; what they write."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.consultations import ask_about_work_item
from engine.commands.watching import watch_deal
from engine.commands.work_items import comment_on_work_item
from engine.model.deal import Deal, DealResult
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor

QUESTION = "Клієнт просить відстрочку 45 днів. Чи пропустите таке в договорі?"
COMMENT = "@bohdan, клієнт просить знижку понад норму. Погодите, якщо він візьме обсяг на рік наперед?"

TEXTS_OF_LETTERS = (
    (
        "Комерційна пропозиція",
        "Пропозиція: {угода}",
        "Добрий день, {контакт}!\n\nНадсилаю нашу пропозицію. Чекаю на вашу відповідь.\n\nЗ повагою,\n{менеджер}",
    ),
    (
        "Нагадати про рахунок",
        "Рахунок за угодою {номер угоди}",
        "Добрий день, {контакт}!\n\nНагадую про рахунок. Коли чекати на оплату?\n\nЗ повагою,\n{менеджер}",
    ),
)
"""Name, subject and text."""


def talk_things_over(session: Session, *, olena: Actor, bohdan: Actor, lawyer_id: int, clock: Clock) -> None:
    """Olena asks the lawyer about her most urgent step and names the head; he watches the largest open deal."""
    steps = session.scalars(
        select(WorkItem.id)
        .where(WorkItem.assignee_id == olena.person_id, WorkItem.state.in_(LIVE))
        .order_by(WorkItem.due_at, WorkItem.id)
        .limit(1)
    )
    for step_id in steps:
        ask_about_work_item(session, step_id, lawyer_id, QUESTION, actor=olena, clock=clock)
        comment_on_work_item(session, step_id, COMMENT, actor=olena, clock=clock)
    largest = select(Deal.id).where(Deal.result == DealResult.OPEN).order_by(Deal.amount.desc(), Deal.id).limit(1)
    for deal_id in session.scalars(largest):
        watch_deal(session, deal_id, actor=bohdan, clock=clock)
