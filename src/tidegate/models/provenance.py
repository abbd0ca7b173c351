"""With what a model was made: the interpreter and the versions of all packages, which its bytes depend on."""

from __future__ import annotations

import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import distributions

NAMED = ("numpy", "polars", "scikit-learn", "skl2onnx", "onnx", "onnxruntime")


@cache
def environment() -> dict[str, str]:
    """Python's version, those of the packages that fit and export, and a hash over every package there is."""
    found = {one.name.lower(): one.version for one in distributions() if one.name}
    listed = "\n".join(f"{name}=={version}" for name, version in sorted(found.items()))
    told = {name: found[name] for name in NAMED if name in found}
    return {"python": platform.python_version(), **told, "packages": sha256(listed.encode()).hexdigest()[:12]}
