"""Write what quarantine holds to a folder: no name in it is upstream's, and no cell of it a formula."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import polars as pl

from infra.cli.quarantine import kept
from infra.cli.quarantine.mending import mended
from tidegate.contract.formats import Csv, Excel, JsonArray, JsonLines, Parquet
from tidegate.contract.reading.unpack import ENDINGS
from tidegate.contract.verdict import LENGTH, LINE, MASK, OFFSET, RAW, REASONS, ROW
from tidegate.lake import layout
from tidegate.lake.entry import State
from tidegate.lake.evidence import CONTRACT, FILE, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from infra.cli.place import Place
    from tidegate.lake.entry import Entry

_KNOWN = sorted({ending for form in (Csv, JsonLines, JsonArray, Parquet, Excel) for ending in form.endings})
_FORMULA = r"^[=+\-@\t\r]"
_TABLE = pl.Schema(
    dict.fromkeys(("object_id", "file", "version", "contract"), pl.String)
    | dict.fromkeys(("row", "line", "offset", "length"), pl.Int64)
    | dict.fromkeys(("column", "check", "said", "text"), pl.String)
)
_PIECE = 8 << 20


def export(
    where: Place, files: Iterable[Entry], folder: Path, *, table: str, reveal: bool
) -> list[dict[str, Any]]:
    """Write each file's rows or bytes and the table of all reasons; what was written of each is returned."""
    told, reasons = [], [pl.DataFrame(schema=_TABLE)]
    for file in files:
        found = [*_why(where, file)]
        reasons += found
        written, left_out = _as_they_came(where, file, folder, reveal=reveal)
        told.append(
            {
                "object_id": file.object_id,
                "key": file.key,
                "rows": file.standing.bad_rows,
                "written": [path.name for path in written],
                "left_out": left_out,
            }
        )
    texts = [name for name, kind in _TABLE.items() if kind == pl.String]
    safe = pl.concat(reasons).with_columns(_defused(name) for name in texts)
    if table == "csv":
        safe.write_csv(folder / "reasons.csv")
    else:
        safe.write_parquet(folder / "reasons.parquet")
    return told


def _why(where: Place, file: Entry) -> Iterator[pl.DataFrame]:
    """A line for each reason of each row; one for a file that is refused as a whole."""
    stands, reports = file.standing, kept.reports(where, file)
    personal = kept.personal(stands.dataset)
    version = file.version_id or file.etag
    about = {"object_id": file.object_id, "file": layout.uri(file.bucket, file.key), "version": version}
    for report in reports.values():
        if report.get("reason"):
            code, _, said = str(report["reason"]).partition(": ")
            line = {**about, "contract": stands.contract_version, "check": code, "said": said}
            yield pl.DataFrame([line], schema_overrides=_TABLE).pipe(_as_table)
    for _, part in kept.bad_rows(where, file):
        rows = kept.veiled(part, reports, personal).explode(REASONS).unnest(REASONS)
        named = {ROW: "row", LINE: "line", OFFSET: "offset", LENGTH: "length", RAW: "text"}
        named |= {FILE: "file", VERSION: "version", CONTRACT: "contract"}
        hidden = pl.any_horizontal(False, *(_names(column) for column in sorted(personal)))
        bare = hidden & ~pl.col("said").str.contains(MASK, literal=True)
        masked = pl.when(bare).then(pl.lit(MASK)).otherwise("said").alias("said")
        rows = rows.with_columns(masked, object_id=pl.lit(file.object_id))
        yield rows.rename(named).pipe(_as_table)


def _names(column: str) -> pl.Expr:
    """Whether a reason is about this column."""
    return pl.col("column").str.split(", ").list.contains(column)


def _as_table(rows: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in _TABLE if name not in rows.columns]
    return rows.with_columns(pl.lit(None).alias(name) for name in missing).select(
        pl.col(name).cast(kind) for name, kind in _TABLE.items()
    )


def _defused(name: str) -> pl.Expr:
    text = pl.col(name)
    escaped = pl.concat_str(pl.lit("'"), text)
    return pl.when(text.str.contains(_FORMULA)).then(escaped).otherwise(text).alias(name)


def _as_they_came(where: Place, file: Entry, folder: Path, *, reveal: bool) -> tuple[list[Path], str]:
    """Bad rows as a file that can be mended and landed, or the whole file; or why they were left out."""
    from tidegate.contract.contracts import contracts

    known, name = contracts(), file.standing.dataset
    if not reveal and (name not in known or known[name].plan.personal):
        return [], "what came may hold personal values: --reveal writes it"
    written = []
    original = folder / f"{file.object_id}{_ending(file.key)}"
    keys = [layout.original_key(known_as, file.object_id) for known_as in (name, layout.UNCLAIMED)]
    if file.standing.state is State.QUARANTINED and any(_fetch(where, key, original) for key in keys):
        return [original], ""
    rows = kept.bad_bytes(where, file, of_step=False)
    if name in known and (first := next(rows, None)) is not None:
        plan = known[name].plan
        header = kept.header(where, file) or plan.headers
        ending, lines = mended(chain([first], rows), plan, file.key, header)
        written.append(_write(folder / f"{file.object_id}.rows{ending}", lines))
    broken = kept.bad_bytes(where, file, of_step=True)
    if (first := next(broken, None)) is not None:
        lines = (one + b"\n" for one in chain([first], broken))
        written.append(_write(folder / f"{file.object_id}.step.jsonl", lines))
    return written, "" if written else "its bytes are not in quarantine any more"


def _write(path: Path, pieces: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        file.writelines(pieces)
    return path


def _ending(key: str) -> str:
    """How a file's own name ends, as far as that is an ending that we know."""
    name, packing = key.lower(), ""
    for ending in ENDINGS:
        if name.endswith(ending):
            name, packing = name.removesuffix(ending), ending
    return next((ending for ending in _KNOWN if name.endswith(ending)), ".bytes") + packing


def _fetch(where: Place, key: str, to: Path) -> bool:
    from botocore.exceptions import ClientError

    try:
        body = where.client("s3").get_object(Bucket=kept.bucket(where), Key=key)["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return False
        raise
    _write(to, body.iter_chunks(_PIECE))
    return True
