"""Who works in the demo company, and in which departments."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.calendars import STANDARD_WEEK, add_calendar
from engine.commands.departments import DepartmentDraft, add_department, update_department
from engine.commands.people import PersonDraft, add_person
from engine.model.person import Role
from engine.policy.permissions import Actor

DEMO_PASSWORD = "reglament"  # noqa: S105  # told to everybody who opens the demo company

SALES, LEGAL, FINANCE, LOGISTICS = "Відділ продажів", "Юридичний відділ", "Фінансовий відділ", "Логістика"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """``diligence`` is the share of open steps that the person does at each look into the inbox."""

    login: str
    full_name: str
    position: str
    role: Role
    department: str | None
    heads: bool = False
    diligence: float = 0.5


DEMO_ACCOUNTS = (
    DemoAccount("owner", "Наталія Романюк", "Власниця процесу", Role.OWNER, None),
    DemoAccount("olena", "Олена Шевчук", "Менеджерка з продажу", Role.MANAGER, SALES, diligence=0.6),
    DemoAccount("taras", "Тарас Мельник", "Менеджер з продажу", Role.MANAGER, SALES, diligence=0.42),
    DemoAccount("bohdan", "Богдан Коваленко", "Керівник відділу продажів", Role.HEAD, SALES, heads=True, diligence=0.7),
    DemoAccount("iryna", "Ірина Бондаренко", "Юристка", Role.APPROVER, LEGAL, heads=True, diligence=0.5),
    DemoAccount(
        "oksana", "Оксана Ткаченко", "Фінансова директорка", Role.APPROVER, FINANCE, heads=True, diligence=0.55
    ),
    DemoAccount("petro", "Петро Гриценко", "Керівник логістики", Role.APPROVER, LOGISTICS, heads=True, diligence=0.35),
    DemoAccount("admin", "Андрій Савчук", "Адміністратор", Role.ADMINISTRATOR, None),
)


def found_company(session: Session, *, clock: Clock) -> dict[str, int]:
    """Add the calendar, the departments and the people. Returns the ids of the people by login."""
    system = Actor.system()
    add_calendar(
        session,
        "Робочий тиждень",
        "Europe/Kyiv",
        {day: [(start, end) for start, end in spans] for day, spans in STANDARD_WEEK.items()},
        actor=system,
        clock=clock,
    )
    departments = {
        name: add_department(session, DepartmentDraft(name), actor=system, clock=clock).id
        for name in (SALES, LEGAL, FINANCE, LOGISTICS)
    }
    people: dict[str, int] = {}
    for account in DEMO_ACCOUNTS:
        draft = PersonDraft(
            login=account.login,
            full_name=account.full_name,
            role=account.role,
            position=account.position,
            email=f"{account.login}@demo.example",
            department_ids=[departments[account.department]] if account.department else [],
            password=DEMO_PASSWORD,
        )
        people[account.login] = add_person(session, draft, actor=system, clock=clock).id
        if account.heads and account.department:
            changes = {"head_id": people[account.login]}
            update_department(session, departments[account.department], changes, actor=system, clock=clock)
    return people
