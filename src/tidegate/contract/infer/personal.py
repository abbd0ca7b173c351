"""Which columns look personal, by what they are called and what they hold. Their values are never quoted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_CALLED = re.compile(
    r"(^|_)(e_?mail|mail|phone|telephone|tel|telefon|mobile|mobil|handy|cell|fax|first_?name|last_?name|vorname"
    r"|nachname|surname|full_?name|given_?name|family_?name|maiden_?name|customer_?name|contact(_name)?|kunde"
    r"|birth(day|date|_date)?|date_of_birth|dob|geburtsdatum|ssn|social_security\w*|passport\w*|iban|address"
    r"|street|strasse|adresse|credit_?card\w*|card_number|ip|ip_address|user_?name|patient\w*)(_|$)"
)
_HELD = (
    r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$",  # mail
    r"^\+[0-9][0-9 ()/-]{6,18}$",  # telephone
    r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$",  # IBAN
)
_MOST = 0.8


def looks_personal(name: str, cells: pl.Series) -> bool:
    """Whether a column of this tidy name and these values seems to be about a person."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if _CALLED.search(parted):
        return True
    held = cells.drop_nulls().head(1000)
    return len(held) > 0 and any(held.str.contains(one).sum() > _MOST * len(held) for one in _HELD)
