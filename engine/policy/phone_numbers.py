"""Phone numbers in one form, whatever the spelling."""

from __future__ import annotations

import re
import unicodedata

_UKRAINIAN_TRUNK = re.compile(r"80\d{9}")  # "8 067 …": the trunk prefix of before 2009, still on business cards
_UKRAINIAN_WITHOUT_PLUS = re.compile(r"380\d{9}")
_RUSSIAN_TRUNK = re.compile(r"[78]([3-9]\d{9})")  # country code 7 without a plus, or its trunk prefix 8
_EXTENSION = re.compile(r"(?:дод|доб|вн|ext|x)[\s.:]*\d{1,6}\s*$", re.IGNORECASE)
_LONGEST = 40


def normalise_phone(text: str, region: str = "UA") -> str | None:
    """The number in E.164 form (``+380671234567``), or None when ``text`` is no phone number.

    National spellings are read as those of ``region``; an extension is dropped.
    """
    if len(text) > _LONGEST:
        return None
    import phonenumbers  # noqa: PLC0415  # large to load, and most processes read no number

    spelled = _EXTENSION.sub("", unicodedata.normalize("NFKC", text).strip())
    digits = re.sub(r"\D", "", spelled)
    international = spelled.startswith("+")
    if not international and region == "UA":
        if _UKRAINIAN_TRUNK.fullmatch(digits):
            spelled = digits[1:]
        elif _UKRAINIAN_WITHOUT_PLUS.fullmatch(digits):
            spelled = f"+{digits}"
        elif match := _RUSSIAN_TRUNK.fullmatch(digits):
            spelled = f"+7{match[1]}"
    try:
        number = phonenumbers.parse(spelled, region)
    except phonenumbers.NumberParseException:
        return None
    # Numbering plans change faster than libraries: a number written out with its country code is believed.
    is_believable = phonenumbers.is_valid_number(number) or (international and phonenumbers.is_possible_number(number))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_believable else None
