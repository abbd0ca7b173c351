"""Find datasets and models by looking into their folders: no registry to edit, no file skipped in silence."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

from tidegate.errors import ContractMistake, NotFound

if TYPE_CHECKING:
    from types import ModuleType

    from tidegate.contract.declare import Dataset
    from tidegate.models.declare import Model


def _modules(room: str) -> dict[str, ModuleType]:
    package = importlib.import_module(room)
    found = (info.name for info in pkgutil.iter_modules(package.__path__))
    names = sorted(name for name in found if not name.startswith("_"))
    return {name: _imported(room, name) for name in names}


def _imported(room: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(f"{room}.{name}")
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] in (room, "tidegate", "schemas"):
            raise
        raise ContractMistake(
            f"{room}/{name}",
            f"it imports {error.name}, which is not in the environment of all",
            "Where only its training has it, import it within fit()",
        ) from error


@cache
def datasets() -> dict[str, Dataset]:
    """Every dataset in `schemas/`, by name.

    Raises:
        ContractMistake: a file declares no `dataset`, or one of another name than the file's; or it refers
            to what is not there.
    """
    from tidegate.contract.declare import Dataset
    from tidegate.contract.referring import check_together

    found = {}
    for name, module in _modules("schemas").items():
        declared = getattr(module, "dataset", None)
        if not isinstance(declared, Dataset) or declared.name != name:
            raise ContractMistake(
                f"schemas/{name}.py",
                f"it declares no Dataset called {name!r}",
                f"End the file with: dataset = Dataset(name={name!r}, …)",
            )
        found[name] = declared
    check_together(found)
    return found


@cache
def models() -> dict[str, Model]:
    """Every model in `pipelines/`, by name.

    Raises:
        ContractMistake: a folder declares no `model`, or one of another name than the folder's.
    """
    from tidegate.models.declare import Model

    found = {}
    for name, module in _modules("pipelines").items():
        declared = getattr(module, "model", None)
        if not isinstance(declared, Model) or declared.name != name:
            raise ContractMistake(
                f"pipelines/{name}/__init__.py",
                f"it declares no Model called {name!r}",
                f"End the file with: model = Model(name={name!r}, …)",
            )
        found[name] = declared
    return found


def dataset(name: str) -> Dataset:
    """The dataset called `name`.

    Raises:
        NotFound: there is none.
    """
    try:
        return datasets()[name]
    except KeyError:
        known = ", ".join(datasets()) or "none"
        raise NotFound(
            f"schemas/{name}.py", f"no dataset is called {name!r}", f"The datasets are: {known}"
        ) from None


def model(name: str) -> Model:
    """The model called `name`.

    Raises:
        NotFound: there is none.
    """
    try:
        return models()[name]
    except KeyError:
        known = ", ".join(models()) or "none"
        raise NotFound(
            f"pipelines/{name}/", f"no model is called {name!r}", f"The models are: {known}"
        ) from None
