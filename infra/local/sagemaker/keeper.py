"""Starts again the containers of endpoints that died in service, as SageMaker does."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from infra.local.sagemaker.instance import UnhealthyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from infra.local.sagemaker.fleet import Fleet
    from infra.local.sagemaker.traffic import Traffic

_log = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 0.5


def keep(traffics: Callable[[], Iterable[Traffic]]) -> None:
    """Look after what is in service, for as long as this process lives."""
    threading.Thread(target=_look, args=(traffics,), name="sagemaker-keeper", daemon=True).start()


def _look(traffics: Callable[[], Iterable[Traffic]]) -> None:
    pause = threading.Event()
    while not pause.wait(LOOK_EVERY_SECONDS):
        for traffic in list(traffics()):
            fleet = traffic.live
            try:
                if fleet:
                    fleet.heal(partial(_in_service, traffic, fleet))
            except UnhealthyError as error:
                _log.warning("a container could not be started again: %s", error)


def _in_service(traffic: Traffic, fleet: Fleet) -> bool:
    return traffic.live is fleet
