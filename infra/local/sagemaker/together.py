"""Several calls at the same time, by threads that keep no process from ending, as those of a pool would."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Given = TypeVar("Given")
Told = TypeVar("Told")


def each(call: Callable[[Given], Told], items: Iterable[Given], most: int) -> list[Told]:
    """The result of each item, in their order, at most `most` calls at a time; the first error ends it."""
    waiting = iter(list(enumerate(items)))
    told: dict[int, Told] = {}
    errors: list[BaseException] = []
    lock = threading.Lock()

    def work() -> None:
        while not errors:
            with lock:
                position, item = next(waiting, (-1, None))
            if item is None:
                return
            try:
                told[position] = call(item)
            except BaseException as error:  # noqa: BLE001 - raised again below
                errors.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(most)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [told[position] for position in sorted(told)]
