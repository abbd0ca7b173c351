"""Frameworks that only some models need, each in an environment made of what `tidegate model new` writes.

Made at the first run of `./tidegate test -- -m frameworks` from the lock beside each template in
`infra/templates/`, as `tidegate images build` makes it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from infra.cli.scaffold import TEMPLATES
from infra.local.images.build import build
from infra.local.images.own import OwnEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def python_of() -> Callable[[str], str]:
    """The interpreter of a framework's environment."""

    def found(framework: str) -> str:
        environment = OwnEnvironment(framework, TEMPLATES / framework)
        if not environment.built:
            build(environment, os.environ)
        return str(environment.python)

    return found
