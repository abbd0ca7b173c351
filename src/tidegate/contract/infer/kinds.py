"""The types that a column of text may turn out to be, each told by the contract's own reading of cells."""

from __future__ import annotations

import polars as pl

INT, DECIMAL, FLOAT, BOOL, DATE, MOMENT_UTC, MOMENT, TEXT_KIND = (
    "int",
    "decimal",
    "float",
    "bool",
    "date",
    "moment_utc",
    "moment",
    "text",
)
DECIMAL_DIGITS, DECIMAL_SCALE = 30, 6
KINDS: dict[str, pl.DataType] = {  # the narrowest first
    BOOL: pl.Boolean(),
    INT: pl.Int64(),
    DECIMAL: pl.Decimal(DECIMAL_DIGITS, DECIMAL_SCALE),
    FLOAT: pl.Float64(),
    DATE: pl.Date(),
    MOMENT_UTC: pl.Datetime("us", "UTC"),
    MOMENT: pl.Datetime("us"),
}
NUMBERS = (INT, DECIMAL, FLOAT)
TIMES = (DATE, MOMENT_UTC, MOMENT)

# how people write what a contract reads as text: a pattern, what it is, how `transform` would read it
SPELLINGS: tuple[tuple[str, str, str], ...] = (
    (r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}$", "day.month.year dates", 'str.to_date("%d.%m.%Y")'),
    (r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$", "dates with slashes", 'str.to_date("%d/%m/%Y") or "%m/%d/%Y"'),
    (r"^[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}$", "year/month/day dates", 'str.to_date("%Y/%m/%d")'),
    (r"^[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}$", "day-month-year dates", 'str.to_date("%d-%m-%Y")'),
    (
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?$",
        "times with a space for the T",
        "str.to_datetime()",
    ),
    (
        r"^[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4} [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$",
        "times that are not ISO 8601",
        'str.to_datetime("%d.%m.%Y %H:%M")',
    ),
    (r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$", "times of day", 'str.to_time("%H:%M")'),
    (
        r"^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$",
        "numbers with separators of thousands",
        'str.replace_all(",", "").cast(pl.Float64)',
    ),
    (
        r"^-?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?$",
        "numbers with separators of thousands",
        'str.replace_all(".", "", literal=True)',
    ),
    (r"^-?[0-9]+([.,][0-9]+)? ?%$", "percentages", 'str.strip_suffix("%").cast(pl.Float64)'),
    (r"^[€$£] ?-?[0-9.,]+$|^-?[0-9.,]+ ?[€$£]$", "amounts with their currency", 'str.extract("([0-9.,]+)")'),
    (r"(?i)^(yes|no|y|n|ja|nein|oui|non|si|t|f)$", "yes and no", 'is_in(["yes", "Y"])'),
)
