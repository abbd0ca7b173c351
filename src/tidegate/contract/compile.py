"""From a dataset's pandera model to a plan: one fused polars expression per chunk, reasons for bad rows only.

pandera is the language of contracts, not their run-time. Each of its checks is called once with a recorder
in place of the frame; the argument of `.select()` is the polars expression that it stands for. An expression
must judge each row by itself, since a file is read in chunks. A check that is an arbitrary Python function
cannot be recorded, nor one whose expression cannot be kept as data (`tidegate.contract.plain`): it runs
through pandera on each chunk, and the plan names it in `slow_checks`.

Where this differs from pandera's own validation, on purpose: two rows without a value are not duplicates of
each other; a cell that is not written as its type is written is bad (see `tidegate.contract.cells`) and
other checks of that column do not judge it; a whole-column check (`unique_values_eq`) is refused, because no
row is to blame.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract.cells import TEXT, typed
from tidegate.contract.compiled import Plan, Rule
from tidegate.contract.plain import is_plain
from tidegate.contract.record import CannotRecord, recorded, run_by_pandera
from tidegate.contract.severity import (
    NOT_NULL,
    TYPE,
    Severity,
    rule_name,
    severities_of,
    severity_of_check,
    unique_groups,
)
from tidegate.contract.version import contract_version
from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidegate.contract.declare import Dataset


@cache
def plan_of(dataset: Dataset) -> Plan:
    """Compile a dataset's contract, once per process.

    Raises:
        ContractMistake: the contract asks for what cannot be run row by row.
    """
    schema = dataset.schema()
    _refuse_unsupported(dataset, schema)
    types = {name: _instance(column.dtype.type) for name, column in schema.columns.items()}
    casts = tuple(typed(name, kind) for name, kind in types.items())
    rules = [
        rule for name, column in schema.columns.items() for rule in _of_column(dataset, name, column, types)
    ]
    rules += [_of_check(dataset, "", check, types) for check in schema.checks]
    return Plan(
        dataset=dataset.name,
        version=contract_version(dataset),
        formats=dataset.formats,
        types=types,
        casts=casts,
        rules=tuple(rules),
        unique=unique_groups(schema, tuple(dataset.key)),
        personal=dataset.personal(),
        headers=tuple(dataset.headers().values()),
        severities=severities_of(dataset),
        file_rules=dataset.file_rules,
    )


def _instance(kind: Any) -> pl.DataType:
    instance: pl.DataType = kind() if isinstance(kind, type) else kind
    return instance


def _of_column(dataset: Dataset, name: str, column: Any, types: dict[str, pl.DataType]) -> list[Rule]:
    text = pl.col(TEXT + name)
    typed_or_nothing = text.is_null() | pl.col(name).is_not_null()
    rules = []
    if types[name] != pl.String:
        rules.append(_own(dataset, name, TYPE, str(types[name]), typed_or_nothing))
    if not column.nullable:
        rules.append(_own(dataset, name, NOT_NULL, "a value", text.is_not_null()))
    return rules + [_of_check(dataset, name, check, types) for check in column.checks]


def _own(dataset: Dataset, column: str, check: str, words: str, keeps: pl.Expr) -> Rule:
    return Rule(
        column=column,
        check=check,
        words=words,
        reads=(column,),
        keeps=keeps,
        of_kit=True,
        severity=dataset.severities.get(rule_name(column, check), Severity.QUARANTINE),
    )


def _of_check(dataset: Dataset, column: str, check: Any, types: dict[str, pl.DataType]) -> Rule:
    where = f"schemas/{dataset.name}.py, {column or 'a rule across columns'}, check {check.name!r}"
    words = check.description or check.error or check.name
    severity = severity_of_check(dataset, column, check)
    if check.groupby is not None:
        raise ContractMistake(where, "it groups rows", "A rule of a contract holds for each row, or goes")
    try:
        expression = _alone(recorded(check, column), where)
    except CannotRecord:
        reads = (column,) if column else tuple(types)
        slow = run_by_pandera(check, column, types, where)
        return Rule(column=column, check=check.name, words=words, reads=reads, slow=slow, severity=severity)
    reads = tuple(dict.fromkeys(expression.meta.root_names()))
    unknown = [name for name in reads if name not in types]
    if unknown:
        raise ContractMistake(
            where, f"it reads {unknown[0]!r}, which is no column", "Name a column of the contract"
        )
    rule = Rule(
        column=column,
        check=check.name,
        words=words,
        reads=reads,
        keeps=expression.fill_null(bool(check.ignore_na)),
        severity=severity,
    )
    _must_run(rule, types, where)
    return rule


def _alone(expression: pl.Expr, where: str) -> pl.Expr:
    """The expression, if it judges each row by itself.

    Raises:
        CannotRecord: nobody can tell, for it holds a Python function, or what cannot be kept as data.
        ContractMistake: it looks at other rows.
    """
    for node in _nodes(expression):
        try:
            separable = node.meta.is_row_separable()
        except pl.exceptions.PolarsError as error:
            raise CannotRecord from error
        if not separable:
            raise ContractMistake(
                where,
                f"it looks at other rows ({str(node)[:80]}), and a file is judged row by row",
                "Say it of one row, use the dataset's key for uniqueness, or leave it to monitoring",
            )
    if not is_plain(expression):
        raise CannotRecord
    return expression


def _nodes(expression: pl.Expr) -> Iterable[pl.Expr]:
    yield expression
    if not expression.meta.is_column_selection() and not expression.meta.is_literal():
        for child in expression.meta.pop():
            yield from _nodes(child)


def _must_run(rule: Rule, types: dict[str, pl.DataType], where: str) -> None:
    try:
        result = pl.LazyFrame(schema=pl.Schema(types)).select(rule.keeps).collect_schema()
    except pl.exceptions.PolarsError as error:
        raise ContractMistake(where, f"polars cannot run it ({error})", "Compare like with like") from error
    if list(result.dtypes()) != [pl.Boolean]:
        raise ContractMistake(
            where, "it does not say yes or no, once for each row", "Select one boolean expression"
        )


def _refuse_unsupported(dataset: Dataset, schema: Any) -> None:
    where = f"schemas/{dataset.name}.py"
    refused = {
        "a parser": schema.parsers or any(column.parsers for column in schema.columns.values()),
        "a column named by a pattern": any(column.regex for column in schema.columns.values()),
        "a column that may be missing": any(not column.required for column in schema.columns.values()),
        "a default value": any(column.default is not None for column in schema.columns.values()),
        "coerce": schema.coerce or any(column.coerce for column in schema.columns.values()),
        "report_duplicates other than 'all'": schema.report_duplicates != "all"
        or any(column.unique and column.report_duplicates != "all" for column in schema.columns.values()),
    }
    for what, found in refused.items():
        if found:
            raise ContractMistake(
                where,
                f"{what} stands in the contract, and it is not followed",
                "Say what arrives; change it in transform",
            )
