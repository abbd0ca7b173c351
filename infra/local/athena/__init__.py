"""Athena on this machine: Trino SELECTs over the Glue catalogue, results where its clients look for them.

A request passes `api` (the wire protocol) → `executions` (one query's life, on a pool of threads) →
`engine` (parse, allow, scan, run) → `results` (the files under the output location).
Only `plug` knows the emulator; `python -m infra.local.athena` serves the same API alone.
"""
