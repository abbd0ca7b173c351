"""G12: no polluted file has a row changed in silence, and clean rows are kept."""

from __future__ import annotations

import csv

from tests.tidegate.contract.reading.polluted import HEADER, outcome, polluted

FILES = 2290


def test_no_row_of_a_polluted_file_is_silently_wrong_and_clean_rows_are_kept(figure):
    found = [outcome(number) for number in range(figure(FILES))]
    assert [one for one in found if one.wrong] == []
    said = [one for one in found if one.said]
    assert sum(one.kept for one in said) >= 0.973 * sum(one.clean for one in said)
    assert [one.did for one in found if not one.said and not one.fault] == []


def test_the_oracle_catches_a_lenient_reader():
    wrong = 0
    for number in range(60):
        file = polluted(number)[0]
        true = {tuple(str(cell) for cell in row) for row in file.rows}
        text = file.body().decode("utf-8", errors="replace").removeprefix("\ufeff")
        lenient = [row for row in csv.reader(text.splitlines(keepends=True)) if len(row) == len(HEADER)]
        wrong += sum(tuple(row) not in true for row in lenient[1:])
    assert wrong > 20
