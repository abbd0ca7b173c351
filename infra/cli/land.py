"""`tidegate land`: put files into the landing bucket, as upstream would, and tell what became of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli import ledger, place
from infra.cli.answer import Answer, Exit, counted, grid, said
from tidegate.errors import BadRequest, NotFound, Transient
from tidegate.lake.entry import Entry, State
from tidegate.lake.landed import LandedObject
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--dataset", default="", help="default: the name of the file's folder, or of the file"
    )
    parser.add_argument("--no-wait", action="store_true", help="do not wait for what becomes of them")
    parser.add_argument("--wait-seconds", type=float, default=300)


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Put each file, then wait until all have come to an end."""
    keys = {key_of(path, args.dataset): path for path in args.files}
    where = place.find(args.environment)
    ids = []
    for key, path in keys.items():
        ids.append(put(where, key, path.read_bytes()))
        screen.step(f"landed {key}")
    if args.no_wait:
        return said(f"{counted(len(keys), 'file')} landed.", object_ids=ids)
    found = settled(where, ids, args.wait_seconds)
    rows = [
        (
            file.object_id[:8],
            file.key,
            file.state.value,
            ledger.published_rows(file),
            file.bad_rows,
            file.reason,
        )
        for file in found
    ]
    whole = all(file.state is State.PUBLISHED for file in found)
    kept = (State.PARTLY_PUBLISHED, State.QUARANTINED)
    bad = next((file.object_id[:8] for file in found if file.state in kept), "")
    title = f"why, and what to do: tidegate quarantine show {bad}" if bad else ""
    return Answer(
        [ledger.data(file) for file in found],
        lambda: grid(title, ("id", "key", "state", "published", "bad rows", "reason"), rows),
        Exit.FINE if whole else Exit.WANTING,
    )


def key_of(path: Path, dataset: str) -> str:
    """Where in the landing bucket a file goes.

    Raises:
        NotFound: there is no such file.
        BadRequest: nothing says which dataset it is of.
    """
    if path.is_dir():
        raise NotFound(str(path), "it is a directory", f"Name its files: {path}/*")
    if not path.is_file():
        raise NotFound(str(path), "there is no such file", "Name files that exist")
    from tidegate.find import datasets

    candidates = [dataset] if dataset else [path.resolve().parent.name, path.name.split(".")[0]]
    for name in candidates:
        if dataset or name in datasets():
            return f"{name}/{path.name}"
    raise BadRequest(
        str(path),
        "neither its folder nor its name is a dataset's",
        f"Say which: --dataset {'|'.join(datasets())}",
    )


def put(where: place.Place, key: str, body: bytes) -> str:
    """Put one object into the landing bucket and name its version; the event that follows does the rest."""
    bucket = where.settings[Setting.LANDING_BUCKET]
    made = where.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    landed = LandedObject(
        bucket=bucket,
        key=key,
        version_id=made.get("VersionId", ""),
        etag=made["ETag"].strip('"'),
        size=len(body),
        landed_at="",
    )
    return landed.object_id


def settled(
    where: place.Place,
    object_ids: Sequence[str],
    wait_seconds: float,
    tell: Callable[[Entry], None] = lambda _: None,
) -> list[Entry]:
    """The ledger's entries of these object versions, each told as it comes to its end, once all have.

    Raises:
        Transient: they did not, in time.
    """
    deadline = time.monotonic() + wait_seconds
    wanted, ended = set(object_ids), dict[str, Entry]()
    while wanted - set(ended):
        for entry in ledger.files(where):
            if entry.object_id in wanted - set(ended) and entry.state.is_terminal:
                ended[entry.object_id] = entry
                tell(entry)
        if wanted - set(ended) and time.monotonic() > deadline:
            raise Transient(
                "ledger",
                f"{counted(len(wanted - set(ended)), 'file')} came to no end within {wait_seconds:g} s",
                "Watch them: tidegate files",
            )
        if wanted - set(ended):
            time.sleep(0.2)
    return sorted(ended.values(), key=lambda entry: entry.key)
