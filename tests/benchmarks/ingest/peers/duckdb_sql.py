"""DuckDB: text is read once into a table, cast with TRY_CAST, judged in SQL, its reasons listed, and copied
twice. Duplicates are those keys that a GROUP BY counts more than once."""

import json
import sys

import duckdb

source, out = sys.argv[1:]
NAMES = [
    *("l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount"),
    *("l_tax", "l_returnflag", "l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate"),
    *("l_shipinstruct", "l_shipmode", "l_comment"),
]
KINDS = {
    **dict.fromkeys(NAMES[:4], "BIGINT"),
    **dict.fromkeys(NAMES[4:8], "DOUBLE"),
    **dict.fromkeys(NAMES[10:13], "DATE"),
}
RANGES = {
    "l_orderkey": ">= 1",
    "l_partkey": "BETWEEN 1 AND 1000000",
    "l_suppkey": "BETWEEN 1 AND 50000",
    "l_linenumber": "BETWEEN 1 AND 7",
    "l_quantity": "BETWEEN 1 AND 50",
    "l_extendedprice": "> 0",
    "l_discount": "BETWEEN 0 AND 0.1",
    "l_tax": "BETWEEN 0 AND 0.08",
    "l_shipdate": "BETWEEN DATE '1992-01-01' AND DATE '1998-12-31'",
    "l_returnflag": "IN ('A', 'N', 'R')",
    "l_linestatus": "IN ('O', 'F')",
    "l_shipinstruct": "IN ('COLLECT COD', 'DELIVER IN PERSON', 'NONE', 'TAKE BACK RETURN')",
    "l_shipmode": "IN ('AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK')",
}
PATTERN = r"^[A-Za-z0-9 ,.;:!?''()\-]*$"
rules = [(f"{name}:type", f"text_{name} IS NOT NULL AND {name} IS NULL") for name in KINDS]
rules += [
    (f"{name}:not_null", f"{f'text_{name}' if name in KINDS else name} IS NULL")
    for name in NAMES
    if name != "l_comment"
]
rules += [(f"{name}:range", f"NOT ({name} {asked})") for name, asked in RANGES.items()]
rules += [
    ("l_comment:str_length", "length(l_comment) > 44"),
    ("l_comment:str_matches", f"NOT regexp_matches(l_comment, '{PATTERN}')"),
    ("received_after_it_was_shipped", "NOT (l_receiptdate > l_shipdate)"),
    ("unique", "copy"),
]
reasons = ", ".join(f"CASE WHEN {broken} THEN '{name}' END" for name, broken in rules)
broken = " OR ".join(f"coalesce({broken}, false)" for _, broken in rules)
cells = ", ".join(
    f"{name} AS text_{name}, TRY_CAST({name} AS {KINDS[name]}) AS {name}" if name in KINDS else name
    for name in NAMES
)
texts = ", ".join(f"'{name}': 'VARCHAR'" for name in NAMES)
data = duckdb.connect()
data.execute("SET threads = 1; SET preserve_insertion_order = false")
data.execute(
    f"CREATE TABLE t AS SELECT {cells} FROM read_csv(?, header = true, columns = {{{texts}}})", [source]
)
data.execute(
    "CREATE TABLE d AS SELECT l_orderkey, l_linenumber, true AS copy FROM t "
    "WHERE l_orderkey IS NOT NULL AND l_linenumber IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1"
)
data.execute(
    f"CREATE VIEW judged AS SELECT *, {broken} AS bad FROM t LEFT JOIN d USING (l_orderkey, l_linenumber)"
)
wanted = ", ".join(NAMES)
(good,) = data.execute(
    f"COPY (SELECT {wanted}, year(l_shipdate) AS year FROM judged WHERE NOT bad) TO '{out}' "
    "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (year))"
).fetchone()
(bad,) = data.execute(
    f"COPY (SELECT *, list_filter([{reasons}], reason -> reason IS NOT NULL) AS reasons "
    f"FROM judged WHERE bad) TO '{out}-quarantine.parquet' (FORMAT parquet)"
).fetchone()
sys.stdout.write(f"\n{json.dumps({'good': good, 'bad': bad})}\n")
