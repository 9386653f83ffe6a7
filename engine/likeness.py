"""Names of companies made comparable: two that people write differently and mean as one have the same key.

Legal forms, quotation marks, punctuation, case and the order of words do not count, and neither does whether a letter
that looks the same was typed in Cyrillic or in Latin.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST_LIKENESS = 300

_LOOK_ALIKE = str.maketrans("ABCEHIKMOPTXYЁҐ", "АВСЕНІКМОРТХУЕГ")
_FORMS = (
    "ТОВАРИСТВО (?:З|ІЗ) (?:ОБМЕЖЕНОЮ|ДОДАТКОВОЮ) ВІДПОВІДАЛЬНІСТЮ",
    "ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ",
    "(?:ПУБЛІЧНЕ |ПРИВАТНЕ )?АКЦІОНЕРНЕ ТОВАРИСТВО",
    "ФІЗИЧНА ОСОБА ПІДПРИЄМЕЦЬ",
    "(?:ПРИВАТНЕ|ДЕРЖАВНЕ|КОМУНАЛЬНЕ|ДОЧІРНЄ|МАЛЕ) ПІДПРИЄМСТВО",
    "ФЕРМЕРСЬКЕ ГОСПОДАРСТВО",
    "ТОВ|ТЗОВ|ТДВ|ООО|ПП|ЧП|ФОП|СПД|ФГ|АТ|ПАТ|ПРАТ|ЗАТ|ВАТ|ДП|КП|МП",
    "LIMITED LIABILITY COMPANY|LIMITED|PRIVATE ENTERPRISE",
    "LLC|LTD|INC|CORP|GMBH|PLC|SP Z O O",
)
_LEGAL_FORMS = re.compile(r"\b(?:" + "|".join(_FORMS).translate(_LOOK_ALIKE) + r")\b")
_IGNORED = re.compile(r"['’‘ʼʹ`´′＇\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NO_LETTER = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def likeness_key(name: str) -> str:
    """What two names of one company have in common, at most LONGEST_LIKENESS characters; empty where nothing is left.

    A name that is nothing but a legal form is its own key.
    """
    letters = _IGNORED.sub("", unicodedata.normalize("NFKC", name).upper()).translate(_LOOK_ALIKE)
    words = _NO_LETTER.sub(" ", letters).strip()
    bare = _LEGAL_FORMS.sub(" ", words).split()
    return "".join(sorted(bare or words.split()))[:LONGEST_LIKENESS]
