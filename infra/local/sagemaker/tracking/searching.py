"""Search: filters over records, joined by And or Or."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import invalid, not_implemented

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record

# a resource that can be searched: its noun in the store, and the member that holds it in the answer
RESOURCES = {
    "TrainingJob": ("training-job", "TrainingJob"),
    "Experiment": ("experiment", "Experiment"),
    "ExperimentTrial": ("experiment-trial", "Trial"),
    "ExperimentTrialComponent": ("experiment-trial-component", "TrialComponent"),
    "Endpoint": ("endpoint", "Endpoint"),
    "ModelPackage": ("package", "ModelPackage"),
    "ModelPackageGroup": ("group", "ModelPackageGroup"),
    "Pipeline": ("pipeline", "Pipeline"),
    "PipelineExecution": ("pipeline-execution", "PipelineExecution"),
    "HyperParameterTuningJob": ("hyper-parameter-tuning-job", "HyperParameterTuningJob"),
    "ModelCard": ("model-card", "ModelCard"),
}
MOST = 100
_ORDERS: dict[str, tuple[int, ...]] = {
    "Equals": (0,),
    "GreaterThan": (1,),
    "GreaterThanOrEqualTo": (0, 1),
    "LessThan": (-1,),
    "LessThanOrEqualTo": (0, -1),
}


def search(parts: Parts, request: Record) -> Record:
    """Answer Search."""
    if request["Resource"] not in RESOURCES:
        raise not_implemented(f"Search of {request['Resource']}")
    if "VisibilityConditions" in request or request.get("CrossAccountFilterOption") == "CrossAccount":
        raise not_implemented("VisibilityConditions, or a search across accounts,")
    noun, member = RESOURCES[request["Resource"]]
    expression = request.get("SearchExpression", {})
    found = [record for record in map(_shown(parts), parts.store.every(noun)) if _holds(expression, record)]
    sort_by = request.get("SortBy", "LastModifiedTime")
    descending = request.get("SortOrder") != "Ascending"
    found.sort(key=lambda one: _sortable(_value(one, sort_by)), reverse=descending)
    start = int(request.get("NextToken") or 0)
    stop = start + int(request.get("MaxResults") or MOST)
    answer: Record = {
        "Results": [{member: record} for record in found[start:stop]],
        "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
    }
    if stop < len(found):
        answer["NextToken"] = str(stop)
    return answer


def _shown(parts: Parts) -> Callable[[Record], Record]:
    def shown(record: Record) -> Record:
        kept = {name: value for name, value in record.items() if not name.startswith("_")}
        arns = [value for name, value in kept.items() if name.endswith("Arn") and isinstance(value, str)]
        tags = next((parts.store.tags[arn] for arn in arns if arn in parts.store.tags), {})
        return {**kept, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    return shown


def _holds(expression: Record, record: Record) -> bool:
    if "NestedFilters" in expression:
        raise not_implemented("NestedFilters of a search")
    results = [_kept(one, record) for one in expression.get("Filters", [])]
    results += [_holds(one, record) for one in expression.get("SubExpressions", [])]
    if not results:
        return True
    return any(results) if expression.get("Operator") == "Or" else all(results)


def _kept(wanted: Record, record: Record) -> bool:
    operator, found = wanted.get("Operator", "Equals"), _value(record, wanted["Name"])
    if operator in ("Exists", "NotExists"):
        return bool(found is not None) is bool(operator == "Exists")
    if "Value" not in wanted:
        raise invalid(f"A filter of {wanted['Name']} by {operator} needs a Value")
    said: str = wanted["Value"]
    if operator == "NotEquals":
        return _compared(found, said) != 0
    if found is None:
        return False
    if operator == "Contains":
        return str(said).lower() in str(found).lower()
    if operator == "In":
        return any(_compared(found, one) == 0 for one in said.split(","))
    order = _compared(found, said)
    return order in _ORDERS[operator]


def _compared(found: Any, said: str) -> int | None:
    """How a value stands to a text of the same kind: -1, 0, 1; None where they have no order."""
    if isinstance(found, bool):
        return 0 if str(found).lower() == said.lower() else None
    if isinstance(found, int | float):
        try:
            other = _number(said)
        except ValueError:
            return None
        return (found > other) - (found < other)
    if found is None or isinstance(found, dict | list):
        return None
    return (str(found) > said) - (str(found) < said)


def _number(said: str) -> float:
    """A number, or a moment as seconds."""
    try:
        return float(said)
    except ValueError:
        moment = datetime.datetime.fromisoformat(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()


def _value(record: Record, path: str) -> Any:
    """What lies at a path such as Parameters.epochs, Tags.team or Metrics.auc."""
    name, _, rest = path.partition(".")
    value = record.get(name)
    if not rest:
        return value
    if name == "Tags":
        return next((tag["Value"] for tag in value or [] if tag["Key"] == rest), None)
    if isinstance(value, list):
        named = [one for one in value if isinstance(one, dict) and one.get("MetricName") == rest]
        return named[0].get("Value", named[0].get("Last")) if named else None
    if not isinstance(value, dict):
        return None
    if rest in value:
        return _untyped(value[rest])
    return _value(value, rest)


def _untyped(value: Any) -> Any:
    """The value of a trial component's parameter, which says its kind first."""
    kinds = ("NumberValue", "StringValue")
    return next((value[kind] for kind in kinds if kind in value), value) if isinstance(value, dict) else value


def _sortable(value: Any) -> tuple[int, Any]:
    """A value by which records are ordered, whatever its kind: nothing first."""
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, int | float) else (2, str(value))
