"""Requests for as long as something else goes on, at a steady rate or by callers who wait for their answers;
each failure is counted and told.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

AT_ONCE = 128


@dataclass
class Tally:
    """Who answered how often, and each request that nobody did."""

    answers: Counter[str] = field(default_factory=Counter, init=False)
    failures: list[str] = field(default_factory=list, init=False)
    _keeping: threading.Lock = field(default_factory=threading.Lock, init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)

    @property
    def asked(self) -> int:
        """The requests that came to an end."""
        return sum(self.answers.values()) + len(self.failures)

    def _once(self, ask: Callable[[], str]) -> None:
        try:
            said = ask()
        except Exception as error:  # noqa: BLE001 - whatever it was, the caller got no answer
            with self._keeping:
                self.failures.append(f"{type(error).__name__}: {error}"[:300])
        else:
            with self._keeping:
                self.answers[said] += 1


@dataclass
class Callers(Tally):
    """So many at once, each of whom asks again a while after the answer: a busy machine is not asked more.

    `ask` returns what answered, and raises where nothing did.
    """

    ask: Callable[[], str]
    many: int
    pause: float  # seconds between an answer and the next request

    def __post_init__(self) -> None:
        self._callers = [threading.Thread(target=self._call, name="caller") for _ in range(self.many)]

    def __enter__(self) -> Self:
        for caller in self._callers:
            caller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for caller in self._callers:
            caller.join()

    def _call(self) -> None:
        while not self._ended.wait(self.pause):
            self._once(self.ask)


@dataclass
class Load(Tally):
    """So many requests a second, sent whether or not earlier ones were answered.

    Each of `asks` takes its turn; it returns what answered, and raises where nothing did.
    """

    asks: tuple[Callable[[], str], ...]
    per_second: float

    def __post_init__(self) -> None:
        self._sender = threading.Thread(target=self._send, name="load")

    def __enter__(self) -> Self:
        self._sender.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._sender.join()

    def _send(self) -> None:
        began, sent = time.monotonic(), 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not self._ended.wait(max(0.0, began + sent / self.per_second - time.monotonic())):
                pool.submit(self._once, self.asks[sent % len(self.asks)])
                sent += 1
