"""CSV files as they come: a clean table, polluted in one to three ways, and what may be published of it.

The oracle knows no parser: it made the rows, it knows which of them it did not touch, and it says of the file
as a whole whether its contract tells of what was done to it. Run as a program it prints the full figures:
`python -m tests.tidegate.contract.reading.polluted 2290`.
"""

import csv
import io
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pandera.polars as pa
import polars as pl

from tidegate.contract.declare import Csv, Dataset, column
from tidegate.contract.in_memory import check_in_memory

HEADER = ["id", "name", "amount", "note", "day"]
_WORDS = [
    "oak",
    "élan",
    "a, b",
    'say "so"',
    "two\nlines",
    "",
    "ß",
    "semi;colon",
    "tab\there",
    "-",
    "0",
    "x" * 40,
]


class Entry(pa.DataFrameModel):
    id: pl.Int64 = column(ge=0)
    name: str = column(nullable=True)
    amount: float = column()
    note: str = column(nullable=True)
    day: pl.Date = column()


@dataclass
class File:
    """A file on its way to being dirty: each line with the row that it holds, if it still holds that row."""

    lines: list[tuple[str, int | None]]
    rows: list[tuple[Any, ...]]
    ends: str = "\n"
    form: Csv = field(default_factory=Csv)
    encoding: str = "utf-8"
    mark: bytes = b""
    raw: dict[int, bytes] = field(default_factory=dict)  # lines that are written as bytes of their own
    said: bool = True  # whether the contract tells of everything that was done to the file as a whole

    def body(self) -> bytes:
        """Its bytes."""
        out = [
            self.raw.get(at, (line + self.ends).encode(self.encoding, "replace"))
            for at, (line, _) in enumerate(self.lines)
        ]
        return self.mark + b"".join(out)

    def clean(self) -> set[int]:
        """The rows that nothing was done to."""
        return {row for _, row in self.lines if row is not None}

    def spot(self, chance: random.Random) -> int:
        """A line that holds a row."""
        return chance.choice([at for at, (_, row) in enumerate(self.lines) if row is not None])

    def spoil(self, at: int, line: str) -> None:
        """Write another line in a row's place."""
        self.lines[at] = line, None


def made(chance: random.Random) -> File:
    """A clean file."""
    rows = []
    for number in range(chance.randint(20, 120)):
        name, note = chance.choice(_WORDS), chance.choice(_WORDS)
        amount = round(chance.uniform(-1000, 1000), 2)
        rows.append(
            (number, name, amount, note, f"20{chance.randint(10, 30)}-0{chance.randint(1, 9)}-1{number % 10}")
        )
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    lines: list[tuple[str, int | None]] = [(",".join(HEADER), None)]
    lines += [(_line(row, quoting), at) for at, row in enumerate(rows)]
    return File(lines, rows)


def _line(row: tuple[Any, ...], quoting: int) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=quoting, lineterminator="\n").writerow(row)
    return out.getvalue()[:-1]


def missing_delimiter(file: File, chance: random.Random) -> None:
    at = file.spot(chance)
    line = file.lines[at][0]
    places = [at for at, mark in enumerate(line) if mark == "," and line[:at].count('"') % 2 == 0]
    place = chance.choice(places)
    file.spoil(at, line[:place] + line[place + 1 :])


def extra_delimiter(file: File, chance: random.Random) -> None:
    at = file.spot(chance)
    place = chance.choice([0, len(file.lines[at][0])])
    line = file.lines[at][0]
    file.spoil(at, line[:place] + "," * chance.randint(1, 3) + line[place:])


def stray_quote(file: File, chance: random.Random) -> None:
    at = file.spot(chance)
    line = file.lines[at][0]
    place = chance.randint(0, len(line))
    file.spoil(at, line[:place] + '"' + line[place:])


def open_quote(file: File, chance: random.Random) -> None:
    at = file.spot(chance)
    file.spoil(at, file.lines[at][0].replace(",", ',"', 1))


def bare_return(file: File, chance: random.Random) -> None:
    """A carriage return alone where a line should end: two rows are one line."""
    at = file.spot(chance)
    following = file.lines[at + 1 : at + 2]
    line = file.lines[at][0] + "\r" + "".join(text for text, _ in following)
    file.lines[at : at + 2] = [(line, None)]


def lost_end(file: File, chance: random.Random) -> None:
    at = file.spot(chance)
    following = file.lines[at + 1 : at + 2] or [("1", None)]
    file.lines[at : at + 2] = [(file.lines[at][0] + following[0][0], None)]


def other_ends(file: File, chance: random.Random) -> None:
    file.ends = "\r\n"


def mixed_ends(file: File, chance: random.Random) -> None:
    for at in range(0, len(file.lines), 3):
        file.raw[at] = (file.lines[at][0] + "\r\n").encode(file.encoding)


def preamble(file: File, chance: random.Random) -> None:
    lines = [("Report of the day", None), ("", None), ("made by: accounts, Ltd", None)][
        : chance.randint(1, 3)
    ]
    file.lines[:0] = lines
    if chance.random() < 0.7:
        file.form = replace(file.form, skip_lines=len(lines) + file.form.skip_lines)
    else:
        file.said = False


def footer(file: File, chance: random.Random) -> None:
    file.lines += chance.choice(
        [
            [("Total,,12345.67,,", None)],
            [("-- end of report --", None)],
            [("", None), ("120 rows", None)],
            [(",,,,", None)],
        ]
    )


def second_table(file: File, chance: random.Random) -> None:
    wide = [("city,people", None), ("Rome,2800000", None), ("Oslo,700000", None)]
    same = [("city,country,people,note,mayor", None), ("Rome,IT,2800000,,Ann", None)]
    file.lines += [("", None)] * chance.randint(0, 1) + chance.choice([wide, same])


def repeated_header(file: File, chance: random.Random) -> None:
    file.lines.insert(chance.randint(1, len(file.lines)), (",".join(HEADER), None))


def mark_in_front(file: File, chance: random.Random) -> None:
    if file.encoding == "utf-8":
        file.mark = b"\xef\xbb\xbf"


def joined_files(file: File, chance: random.Random) -> None:
    """Two files end to end: a mark and a header in the middle."""
    file.lines.insert(chance.randint(2, len(file.lines)), ("\ufeff" + ",".join(HEADER), None))


def blank_lines(file: File, chance: random.Random) -> None:
    file.lines.insert(chance.randint(1, len(file.lines)), (chance.choice(["", "", " "]), None))


def nul_bytes(file: File, chance: random.Random) -> None:
    at = file.spot(chance)
    file.spoil(at, file.lines[at][0] + "\0")


def wrong_bytes(file: File, chance: random.Random) -> None:
    """One row in another encoding than the file."""
    at = file.spot(chance)
    line = (
        file.lines[at][0].replace(",", ",Zoë ", 1)
        if '"' not in file.lines[at][0]
        else '0,"Zoë",1,,2020-01-01'
    )
    file.spoil(at, line)
    file.raw[at] = (line + file.ends).encode("latin-1", errors="replace")


def other_encoding(file: File, chance: random.Random) -> None:
    if file.raw or file.mark:
        return
    file.encoding = chance.choice(["cp1252", "utf-16-le"])
    file.mark = b"\xff\xfe" if file.encoding == "utf-16-le" else b""
    if chance.random() < 0.7:
        file.form = replace(file.form, encoding="utf-16" if file.mark else file.encoding)
    elif file.mark:
        file.said = False
    else:
        for at, (line, _) in enumerate(file.lines):
            if not line.isascii():
                file.spoil(at, line)


def cut_short(file: File, chance: random.Random) -> None:
    at = len(file.lines) - 1
    line = file.lines[at][0]
    file.spoil(at, line[: -chance.randint(1, 4)])
    file.raw[at] = file.lines[at][0].encode(file.encoding)


ROW_WISE: tuple[Callable[[File, random.Random], None], ...] = (
    missing_delimiter, extra_delimiter, stray_quote, open_quote, bare_return, lost_end, footer, second_table,
    repeated_header, joined_files, blank_lines, nul_bytes,
)  # fmt: skip
FILE_WISE = (other_ends, preamble, mark_in_front)
LAST = (mixed_ends, wrong_bytes, cut_short, other_encoding)  # these fix the bytes of lines


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    wrong: list[tuple[Any, ...]]
    clean: int
    kept: int
    fault: str
    said: bool
    did: tuple[str, ...]


def polluted(number: int) -> tuple[File, tuple[str, ...]]:
    """A file of this seed, and what was done to it."""
    chance = random.Random(number)
    file = made(chance)
    did = [chance.choice(ROW_WISE) for _ in range(chance.randint(0, 2))]
    did += [chance.choice(FILE_WISE)] if chance.random() < 0.4 else []
    did += [chance.choice(LAST)] if chance.random() < 0.4 or not did else []
    for pollute in did:
        pollute(file, chance)
    return file, tuple(pollute.__name__ for pollute in did)


def outcome(number: int) -> Outcome:
    """Make, pollute and check one file."""
    file, did = polluted(number)
    dataset = Dataset(name="entries", description="Entries", row=Entry, key=("id",), reads=file.form)
    found = check_in_memory(file.body(), dataset, name="entries/a.csv")
    true = {(row[0], row[1] or None, row[2], row[3] or None, row[4]): row[0] for row in file.rows}
    published = [(*row[:4], str(row[4])) for row in found.good.rows()]
    clean = file.clean()
    return Outcome(
        wrong=[row for row in published if row not in true],
        clean=len(clean),
        kept=sum(true.get(row) in clean for row in published),
        fault=found.fault.code if found.fault else "",
        said=file.said,
        did=did,
    )


def main(files: int) -> None:
    """Print the figures of so many files."""
    found = [outcome(number) for number in range(files)]
    said = [one for one in found if one.said]
    kept, clean = sum(one.kept for one in said), sum(one.clean for one in said)
    print(f"files {files}; silently wrong rows {sum(len(one.wrong) for one in found)}")
    print(
        f"clean rows kept {kept} of {clean} ({100 * kept / clean:.2f} %) where the contract tells of the file"
    )
    every, of = sum(one.kept for one in found), sum(one.clean for one in found)
    print(f"clean rows kept {every} of {of} ({100 * every / of:.2f} %) of all files")
    unsaid = [one for one in found if not one.said]
    print(f"files that the contract does not tell of {len(unsaid)}: {Counter(one.fault for one in unsaid)}")
    print(f"faults of the others: {Counter(one.fault for one in said if one.fault)}")
    lost = Counter(name for one in said for name in one.did for _ in range(one.clean - one.kept))
    print(f"clean rows lost by what was done: {lost.most_common(8)}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
