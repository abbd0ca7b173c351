"""A contract that is read from beside the code says the same as the schema file that it was made from."""

from __future__ import annotations

import pytest

from tests.schemas.conftest import real_bytes
from tests.tidegate.contract.test_written import same_verdict
from tidegate import find
from tidegate.contract.preparing import prepare
from tidegate.contract.source import Limits
from tidegate.contract.written import from_text, to_text


@pytest.mark.parametrize("name", ["airlines", "airports", "flights", "planes", "weather"])
def test_it_says_the_same_of_real_rows_and_of_broken_ones(name: str) -> None:
    made = prepare(find.dataset(name))
    header, *lines = real_bytes(name).splitlines()[:1500]
    broken = [line[at % 7 :] if at % 3 else line.replace(b"1", b"x") for at, line in enumerate(lines)]
    file = b"\n".join([header, *lines, *broken]) + b"\n"
    read = from_text(to_text(made), f"{name}.json")
    same_verdict(made.plan, read.plan, file, Limits(bad_rows=10**6))
