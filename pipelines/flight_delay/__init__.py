"""Will this flight arrive more than 15 minutes late? Asked two hours before its scheduled departure."""

from __future__ import annotations

from datetime import timedelta

from pipelines.flight_delay.features import ZONE, features, lookup_keys, moment
from pipelines.flight_delay.fit import fit, label
from tidegate.models.declare import Lookup, Model, Watch

model = Model(
    name="flight_delay",
    description="The chance that a flight arrives more than 15 minutes late, two hours before departure.",
    request="flights",
    known_by="two hours before departure",
    lookups=(
        Lookup(dataset="weather", by=("origin",), at="observed_at"),
        Lookup(dataset="planes", by=("tailnum",)),
    ),
    time_column="scheduled_departure",
    test_share=0.2,
    embargo=timedelta(days=1),  # a flight's lateness is known within a day of its departure
    features=features,
    lookup_keys=lookup_keys,
    label=label,
    fit=fit,
    baseline_feature="minute_of_day",
    least_auc=0.62,
    least_new_rows=50_000,  # two months of flights: a part to learn from, and a later part to be judged on
    schedule="cron(0 6 ? * MON *)",
    instance_type="ml.m5.large",
    slices=("carrier", "origin"),
    watch=Watch(moment=moment, zone=ZONE),
    intended_use="To warn of a late arrival while a journey can still be changed: a chance, not a verdict.",
    not_for="Flights that do not leave from New York, other years than its rows', and flights that are "
    "cancelled or diverted, of which it knows nothing. When the season turns, all its chances are off.",
)
