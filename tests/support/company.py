"""A small company, inserted directly: departments with heads, one person per role, and an outsider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.model.calendar import Calendar
from engine.model.department import Department, Membership
from engine.model.person import Person, Role
from engine.policy.permissions import Actor
from engine.policy.search_keys import fold, search_text
from engine.queries.actors import actor_of

OFFICE_HOURS = {str(weekday): [["09:00", "13:00"], ["14:00", "18:00"]] for weekday in range(5)}


@dataclass(frozen=True, slots=True)
class Company:
    """The people by login, and the departments."""

    sales: Department
    legal: Department
    finance: Department
    logistics: Department
    marketing: Department
    olena: Person
    taras: Person
    bohdan: Person
    iryna: Person
    oksana: Person
    petro: Person
    owner: Person
    admin: Person
    danylo: Person

    @property
    def people(self) -> Iterator[Person]:
        yield from (self.olena, self.taras, self.bohdan, self.iryna, self.oksana, self.petro)
        yield from (self.owner, self.admin, self.danylo)


def found_company(session: Session, at: datetime) -> Company:
    """Insert the company as of ``at``. Bohdan heads sales; each other department is headed by its one member."""
    session.add(Calendar(name="Київ", zone="Europe/Kyiv", weekly=OFFICE_HOURS, is_default=True, exceptions=[]))
    sales, legal, finance, logistics, marketing = departments = [
        Department(name=name, name_key=fold(name))
        for name in ("Відділ продажів", "Юридичний відділ", "Фінансовий відділ", "Логістика", "Маркетинг")
    ]
    session.add_all(departments)

    def person(login: str, full_name: str, position: str, role: Role) -> Person:
        email = f"{login}@example.com"
        return Person(
            login=login,
            full_name=full_name,
            position=position,
            email=email,
            role=role,
            created_at=at,
            search_text=search_text(login, full_name, position, email),
        )

    company = Company(
        sales=sales,
        legal=legal,
        finance=finance,
        logistics=logistics,
        marketing=marketing,
        olena=person("olena", "Олена Коваль", "Менеджерка з продажу", Role.MANAGER),
        taras=person("taras", "Тарас Мельник", "Менеджер з продажу", Role.MANAGER),
        bohdan=person("bohdan", "Богдан Шевченко", "Керівник відділу продажів", Role.HEAD),
        iryna=person("iryna", "Ірина Бондар", "Юристка", Role.APPROVER),
        oksana=person("oksana", "Оксана Ткач", "Фінансова директорка", Role.APPROVER),
        petro=person("petro", "Петро Лисенко", "Логіст", Role.APPROVER),
        owner=person("owner", "Наталія Гриценко", "Власниця процесу", Role.OWNER),
        admin=person("admin", "Андрій Савченко", "Адміністратор", Role.ADMINISTRATOR),
        danylo=person("danylo", "Данило Кравець", "Менеджер з маркетингу", Role.MANAGER),
    )
    session.add_all(company.people)
    session.flush()
    for member, department in (
        (company.olena, sales),
        (company.taras, sales),
        (company.bohdan, sales),
        (company.iryna, legal),
        (company.oksana, finance),
        (company.petro, logistics),
        (company.danylo, marketing),
    ):
        session.add(Membership(person_id=member.id, department_id=department.id))
    for department, head in (
        (sales, company.bohdan),
        (legal, company.iryna),
        (finance, company.oksana),
        (logistics, company.petro),
    ):
        department.head_id = head.id
    session.flush()
    session.expire_all()
    return company


def company_of(session: Session) -> Company:
    """The company that was inserted before."""
    departments = {one.name: one for one in session.scalars(select(Department))}
    return Company(
        sales=departments["Відділ продажів"],
        legal=departments["Юридичний відділ"],
        finance=departments["Фінансовий відділ"],
        logistics=departments["Логістика"],
        marketing=departments["Маркетинг"],
        **{one.login: one for one in session.scalars(select(Person))},
    )


def acting(session: Session, person: Person, at: datetime) -> Actor:
    """The person as an actor at ``at``."""
    return actor_of(session, person.id, at)
