"""A contract's formats, checked where they are declared."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from tidegate.contract.formats import Csv, JsonArray, JsonLines, Parquet
from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from tidegate.contract.formats import Format


def check_formats(where: str, formats: tuple[Format, ...]) -> None:
    """Refuse formats that no reader can follow, or between which a file's name could not decide.

    Raises:
        ContractMistake: saying which, and what to write instead.
    """
    if not formats:
        raise ContractMistake(where, "it reads no format", "Say one: reads=Csv()")
    kinds = [type(form) for form in formats]
    for form in formats:
        if kinds.count(type(form)) > 1:
            what = f"it reads {type(form).__name__} in two ways, and a name cannot tell which"
            raise ContractMistake(where, what, "Make two datasets of it, or settle on one way")
        if isinstance(form, Csv):
            _check_csv(where, form)
        if not isinstance(form, Parquet) and isinstance(form.null_values, str):
            raise ContractMistake(where, "null_values is one text", 'Write a tuple of texts: ("", "NA")')
        if not isinstance(form, Parquet | JsonLines | JsonArray) and form.skip_lines < 0:
            raise ContractMistake(where, "skip_lines is below zero", "Say how many lines come first")


def _check_csv(where: str, form: Csv) -> None:
    delimiter = form.delimiter
    if not _is_mark(delimiter) or delimiter == '"':
        raise ContractMistake(
            where, f"{delimiter!r} cannot part columns", 'Use one mark such as "," ";" "|" or a tab'
        )
    if form.quote is not None and (not _is_mark(form.quote) or form.quote == delimiter):
        raise ContractMistake(where, f"{form.quote!r} cannot quote", "Use one mark such as '\"', or None")
    if form.decimal not in {".", ","} or (form.quote is None and form.decimal == delimiter):
        what = f"{form.decimal!r} cannot part the whole from its fraction"
        raise ContractMistake(where, what, 'Use "." or "," and another delimiter where nothing is quoted')
    try:
        known = codecs.lookup(form.encoding)
        text = known._is_text_encoding
    except LookupError:
        text = False
    if not text:
        what = f"{form.encoding!r} is no encoding of text"
        raise ContractMistake(where, what, 'Use a name such as "utf-8", "latin-1", "cp1252", "utf-16"')


def _is_mark(mark: str) -> bool:
    return len(mark.encode()) == 1 and mark not in "\r\n\0" and not mark.isalnum()
