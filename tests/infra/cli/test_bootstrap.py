"""The script `tidegate` says what a machine lacks, and starts at once when everything is there."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.house.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = ("cat", "cksum", "date", "dirname", "env", "grep", "mkdir", "printf", "readlink", "rm", "sh", "tail")


def _checkout(at: Path) -> Path:
    at.mkdir()
    for name in ("tidegate", "bootstrap.lock", "requirements.lock", "pyproject.toml"):
        (at / name).write_bytes((ROOT / name).read_bytes())
    (at / "tidegate").chmod(0o755)
    return at


def _path(at: Path, **programs: str) -> Path:
    """A folder for PATH with these programs, and the few tools that every system has."""
    at.mkdir()
    for tool in TOOLS:
        found = next(p for p in (f"/usr/bin/{tool}", f"/bin/{tool}") if os.path.exists(p))  # noqa: PTH110
        (at / tool).symlink_to(found)
    for name, text in programs.items():
        (at / name).write_text(f"#!/bin/sh\n{text}\n")
        (at / name).chmod(0o755)
    return at


def _run(script: Path, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(script), *arguments],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_python_it_says_what_to_install(tmp_path: Path) -> None:
    told = _run(_checkout(tmp_path / "c") / "tidegate", _path(tmp_path / "bin"))
    assert told.returncode == 1
    assert "no Python 3.11 or newer is on the PATH" in told.stderr
    assert "apt install python3" in told.stderr


def test_an_older_python_is_passed_over(tmp_path: Path) -> None:
    path = _path(tmp_path / "bin", python3="exit 1")  # what `sys.exit(sys.version_info < (3, 11))` does there
    assert "no Python 3.11 or newer" in _run(_checkout(tmp_path / "c") / "tidegate", path).stderr


def test_a_python_without_venv_says_which_package_brings_it(tmp_path: Path) -> None:
    old = 'case "$2" in *ensurepip*) exit 1;; *version_info\\[:2\\]*) echo 3.12;; *) exit 0;; esac'
    told = _run(_checkout(tmp_path / "c") / "tidegate", _path(tmp_path / "bin", python3=old))
    assert told.returncode == 1
    assert "apt install python3-venv" in told.stderr


def test_a_set_up_that_fails_shows_its_output_and_leaves_no_stamp(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path / "c")
    full = 'case "$1" in -m) echo "the disk is full"; exit 1;; *) exit 0;; esac'
    path = _path(tmp_path / "bin", python3=full)
    told = _run(checkout / "tidegate", path)
    assert told.returncode == 1
    assert "environment … failed.\nthe disk is full\n" in told.stderr
    assert "Python could not make it" in told.stderr
    assert not (checkout / ".venv" / "tidegate.stamp").exists()


def test_with_its_stamp_it_hands_over_at_once_also_through_a_link(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path / "a checkout")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "tidegate").write_text('#!/bin/sh\necho "handed over: $*"\n')
    (checkout / ".venv" / "bin" / "tidegate").chmod(0o755)
    locks = b"".join(
        (checkout / name).read_bytes() for name in ("bootstrap.lock", "requirements.lock", "pyproject.toml")
    )
    sums = subprocess.run(["cksum"], input=locks, capture_output=True, check=True).stdout.decode().strip()
    (checkout / ".venv" / "tidegate.stamp").write_text(f"{sums} {checkout}\n")
    (tmp_path / "link").symlink_to(checkout / "tidegate")
    path = _path(tmp_path / "bin")
    for script in (checkout / "tidegate", tmp_path / "link"):
        told = _run(script, path, "land", "a file.csv")
        assert (told.returncode, told.stdout) == (0, "handed over: land a file.csv\n"), told.stderr


def test_every_package_is_locked_with_its_hashes() -> None:
    for name in ("bootstrap.lock", "requirements.lock"):
        lines = (ROOT / name).read_text().splitlines()
        pinned = [number for number, line in enumerate(lines) if "==" in line and not line.startswith("#")]
        assert pinned
        assert all("--hash=sha256:" in lines[number + 1] for number in pinned)
