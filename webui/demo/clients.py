"""The demo company's forty clients. Every name and number is invented."""

from __future__ import annotations

from random import Random

from engine.commands.clients import ClientDraft, ContactDraft
from engine.model.own_field import FieldSubject
from engine.policy.own_fields import OwnFieldDraft

_NAMES = (
    ("ТОВ «Промінь-Агро»", "Агро"),
    ("ПрАТ «Дніпровський механічний завод»", "Промисловість"),
    ("ТОВ «Карпатський ліс»", "Деревообробка"),
    ("КП «Водоканал Білогірʼя»", "Комунальні"),
    ("ТОВ «Смачна мережа»", "Роздріб"),
    ("ФОП Гнатюк Марія Степанівна", "Роздріб"),
    ("ТОВ «Степове зерно»", "Агро"),
    ("ТОВ «Будмайстер Поділля»", "Будівництво"),
    ("ТОВ «Північний холод»", "Харчова"),
    ("ПП «Вербиченька»", "Харчова"),
    ("ТОВ «Електросвіт Волинь»", "Промисловість"),
    ("ТОВ «Логос-Транс»", "Логістика"),
    ("ТОВ «Медична опора»", "Медицина"),
    ("КНП «Міська лікарня Яворове»", "Медицина"),
    ("ТОВ «Золотий колос»", "Агро"),
    ("ТОВ «Тепломаш Україна»", "Промисловість"),
    ("ТОВ «Швидка доставка»", "Логістика"),
    ("ТОВ «Зелена садиба»", "Агро"),
    ("ТОВ «Рівне-Пак»", "Пакування"),
    ("ТОВ «Скляний дім»", "Будівництво"),
    ("ПрАТ «Чорноморський елеватор»", "Агро"),
    ("ТОВ «Мебліком»", "Деревообробка"),
    ("ТОВ «Київська випічка»", "Харчова"),
    ("ТОВ «Агросоюз Таврія»", "Агро"),
    ("КП «Тепломережа Озерна»", "Комунальні"),
    ("ТОВ «Поліська кераміка»", "Будівництво"),
    ("ТОВ «Інтерсталь»", "Промисловість"),
    ("ТОВ «Сонячна енергія Захід»", "Енергетика"),
    ("ФОП Лисенко Ігор Петрович", "Роздріб"),
    ("ТОВ «Маркет-Плюс»", "Роздріб"),
    ("ТОВ «Дім і сад»", "Роздріб"),
    ("ТОВ «Полтавські насоси»", "Промисловість"),
    ("ТОВ «Галицька броварня»", "Харчова"),
    ("ТОВ «Вітроенерго»", "Енергетика"),
    ("ТОВ «Чиста вода»", "Комунальні"),
    ("ТОВ «Український текстиль»", "Промисловість"),
    ("ТОВ «Надія-Фарм»", "Медицина"),
    ("ТОВ «Смарт-Склад»", "Логістика"),
    ("ТОВ «Буковинська молочарня»", "Харчова"),
    ("ТОВ «Техносервіс Схід»", "Промисловість"),
)
_SOURCES = ("Сайт", "Виставка", "Рекомендація", "Холодний дзвінок", "Повторний клієнт")
_FIRST = ("Ганна", "Юрій", "Софія", "Василь", "Тетяна", "Микола", "Людмила", "Роман", "Вікторія", "Степан")
_LAST = ("Кравчук", "Поліщук", "Бойко", "Остапенко", "Марченко", "Дячук", "Левченко", "Панченко", "Сидорук", "Яременко")
_POSITIONS = ("Директор", "Керівник закупівель", "Головний інженер", "Бухгалтер", "Технолог")


OWN_FIELDS = (
    (
        FieldSubject.CLIENT,
        OwnFieldDraft(
            label="Платник податків",
            name="payer",
            type="choice",
            choices="vat=Платник ПДВ\nsingle_tax=Єдиний податок\nother=Інше",
            is_listed=True,
        ),
    ),
    (
        FieldSubject.CLIENT,
        OwnFieldDraft(
            label="Кредитний ліміт",
            name="credit_limit",
            type="money",
            minimum="0",
            help="До цієї суми відвантажуємо без передоплати.",
        ),
    ),
    (
        FieldSubject.CLIENT,
        OwnFieldDraft(label="Рамковий договір", name="contract", pattern="РД-[0-9]{3}", help="Наприклад, РД-015."),
    ),
    (
        FieldSubject.CONTACT,
        OwnFieldDraft(
            label="Роль у закупівлі",
            name="role",
            type="choice",
            choices="decides=Вирішує\nadvises=Радить\nuses=Користується",
        ),
    ),
)
"""What the demo company wants to know of its clients and contacts."""


def demo_clients(random: Random) -> list[tuple[ClientDraft, list[ContactDraft]]]:
    """Forty clients, each with one or two contacts, the same for the same ``random``."""
    return [_client(random, number, name, segment) for number, (name, segment) in enumerate(_NAMES)]


def _client(random: Random, number: int, name: str, segment: str) -> tuple[ClientDraft, list[ContactDraft]]:
    draft = ClientDraft(
        name=name,
        edrpou=f"{43_000_000 + number * 7_919:08d}",
        segment=segment,
        source=random.choice(_SOURCES),
        phone=_phone(random),
        email=f"office{number + 1}@client.example",
        fields={
            "payer": ("vat", "single_tax", "vat")[number % 3],
            "credit_limit": 50_000 * (number % 5),
            "contract": f"РД-{number + 1:03d}" if number % 4 else "",
        },
    )
    contacts = [
        ContactDraft(
            full_name=f"{random.choice(_FIRST)} {random.choice(_LAST)}",
            position=random.choice(_POSITIONS),
            phone=_phone(random),
            email=f"contact{number + 1}-{which + 1}@client.example",
            fields={"role": "decides" if which == 0 else "uses"},
        )
        for which in range(random.choice((1, 1, 2)))
    ]
    return draft, contacts


def _phone(random: Random) -> str:
    return f"+380{random.choice(('50', '63', '67', '93', '97'))}{random.randrange(1_000_000, 10_000_000)}"
