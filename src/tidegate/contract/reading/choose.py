"""Which reader a file wants: the ending of its name says so, and its first bytes must not say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.contract.arriving import Arriving
from tidegate.contract.formats import Csv, Excel, JsonArray, JsonLines, Parquet
from tidegate.contract.reading import csv
from tidegate.contract.reading.unpack import ENDINGS, unpacked
from tidegate.contract.source import FaultFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.batch import Batch
    from tidegate.contract.compiled import Plan
    from tidegate.contract.formats import Format
    from tidegate.contract.source import Limits, Source

_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


def batches(source: Source, plan: Plan, limits: Limits, arriving: Arriving | None = None) -> Iterator[Batch]:
    """The file's rows, a batch at a time, in its order.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    form = chosen(source, plan.formats, limits)
    arriving = arriving or Arriving()
    if isinstance(form, Csv):
        return csv.batches(source, plan, form, limits, arriving)
    if isinstance(form, JsonLines):
        from tidegate.contract.reading import json_lines

        return json_lines.batches(source, plan, form, limits, arriving)
    if isinstance(form, JsonArray):
        from tidegate.contract.reading import json_array

        return json_array.batches(source, plan, form, limits, arriving)
    if isinstance(form, Parquet):
        from tidegate.contract.reading import parquet

        return parquet.batches(source, plan, limits, arriving)
    from tidegate.contract.reading import excel

    return excel.batches(source, plan, form, limits, arriving)


def chosen(source: Source, formats: tuple[Format, ...], limits: Limits) -> Format:
    """The one of the contract's formats that the file's name asks for; the only one, whatever the name.

    Raises:
        FaultFound: `wrong_format`: no format or more than one fits, or the first bytes are of another kind.
    """
    name, packing = source.name.lower(), ""
    for ending in ENDINGS:
        if name.endswith(ending):
            name, packing = name.removesuffix(ending), ending
    fitting = [form for form in formats if name.endswith(form.endings)]
    if len(formats) == 1:
        form = formats[0]
    elif {type(some) for some in fitting} == {JsonLines, JsonArray}:
        form = next(some for some in fitting if isinstance(some, JsonArray) == _begins_list(source, limits))
    elif len(fitting) == 1:
        form = fitting[0]
    else:
        endings = ", ".join(sorted(ending for form in formats for ending in form.endings))
        what = "nothing in its name says which of the contract's formats it has"
        raise FaultFound("wrong_format", what, f"Let its name end in one of: {endings}")
    if isinstance(form, Parquet | Excel):
        _check_binary(source, form, packing)
    return form


def _begins_list(source: Source, limits: Limits) -> bool:
    first = next(unpacked(source.open(), source.name, limits), b"")
    return first.removeprefix(_BOM).lstrip(_SPACE).startswith(b"[")


def _check_binary(source: Source, form: Parquet | Excel, packing: str) -> None:
    kind, mark = ("Parquet", b"PAR1") if isinstance(form, Parquet) else ("an .xlsx workbook", b"PK\x03\x04")
    first = source.read_at(0, 8) if source.size else b""
    if not first:
        raise FaultFound("empty_file", "there is nothing in it", "Send the file again, with its rows")
    if packing and not first.startswith(mark):
        raise FaultFound(
            "wrong_format", f"{kind} is packed in itself, and its name ends in {packing}", "Send it as it is"
        )
    if first.startswith(b"PARE"):
        raise FaultFound("wrong_format", "its Parquet is encrypted", "Send it without encryption")
    if first.startswith(b"\xd0\xcf\x11\xe0"):  # a compound file: .xls, or a password
        what = "it is an old .xls, or a workbook with a password"
        raise FaultFound("wrong_format", what, "Save it as .xlsx, without a password")
    if not first.startswith(mark):
        raise FaultFound("wrong_format", f"its bytes are not {kind}", "Send what its name says, or rename it")
