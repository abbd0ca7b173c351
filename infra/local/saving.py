"""Save the services' state while they run, so that a killed cloud loses seconds and not everything.

MiniStack saves when it stops in order; objects of S3 are written as they come. The rest is saved here.
"""

from __future__ import annotations

import asyncio
import logging

SECONDS = 3.0
log = logging.getLogger("tidegate.saving")

_dirty = asyncio.Event()


def changed() -> None:
    """Something may have changed since the last save."""
    _dirty.set()


async def save_when_changed() -> None:
    """Save all state a few seconds after the first change, again and again."""
    while True:
        await _dirty.wait()
        await asyncio.sleep(SECONDS)
        _dirty.clear()
        await _save()


async def _save() -> None:
    """Save every service as it stands at one moment.

    All states are taken before the first is written, and CloudFormation's is written last: a cloud that is
    killed meanwhile must not remember a stack's resource that the service behind it has forgotten.
    """
    from ministack import app
    from ministack.core.persistence import save_state

    taken = {}
    for service, get_state in app._build_persistence_save_dict().items():
        try:
            taken[service] = get_state()
        except RuntimeError as error:  # a thread changed a dictionary while it was copied
            log.debug("%s is saved next time: %s", service, error)
            changed()
            return
    for service in sorted(taken, key=lambda name: name == "cloudformation"):
        if taken[service] is not None:
            await asyncio.to_thread(save_state, service, taken[service])
