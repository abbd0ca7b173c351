"""Modules and functions stay short, and nothing is called after nothing."""

from __future__ import annotations

import re
from statistics import median

from tests.house.source import ROOT, functions, lines, modules, tracked

EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)(_|$)")


def test_no_module_is_longer_than_250_lines_and_half_are_within_100() -> None:
    sizes = {str(path.relative_to(ROOT)): lines(path) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > 250} == {}
    assert median(sizes.values()) <= 100


def test_no_function_is_longer_than_40_lines_and_nine_in_ten_are_within_25() -> None:
    sizes = {f"{path.relative_to(ROOT)}:{name}": size for path in modules() for name, size in functions(path)}
    assert {name: size for name, size in sizes.items() if size > 40} == {}
    assert sum(size <= 25 for size in sizes.values()) >= 0.9 * len(sizes)


def test_no_file_and_no_folder_has_a_name_that_says_nothing() -> None:
    named = [
        path
        for path in tracked(".py")
        if any(EMPTY_NAMES.search(part) for part in path.relative_to(ROOT).with_suffix("").parts)
    ]
    assert named == []


def test_every_module_says_what_it_is_for_in_one_sentence() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in modules() if not path.read_text().lstrip().startswith('"""')
    ]
    assert silent == []
