"""`tidegate demo`: the whole flow on real data, from a dropped file to a live prediction.

It puts files and answers the approval, as upstream and a person would. Everything else is started by
events; the demo only looks on, and tells what it sees.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from infra.cli import closing, drops, land, ledger, machines, predict, query, registry
from infra.cli.answer import Answer, Exit, counted
from infra.cli.up import PORT, Clock, bring_up
from tidegate.errors import Refused
from tidegate.find import dataset, model
from tidegate.lake.entry import State
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from infra.cli.place import Place
    from infra.cli.screen import Screen
    from tidegate.lake.entry import Entry

MODEL = "flight_delay"
WAIT_SECONDS = 600.0
SQL = """SELECT origin, count(*) AS flights, round(avg(arr_delay), 1) AS minutes_late
FROM flights GROUP BY origin ORDER BY origin"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--port", type=int, help=f"of the local cloud (default: the last one, or {PORT})")
    parser.add_argument(
        "--months", type=int, choices=range(3, 12), default=6, metavar="3..11", help="default: 6"
    )


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Do it all, and end with what happened."""
    clock = Clock()
    where = bring_up(args.port, screen, clock)
    seen = Seen(where, screen, clock, args.months)
    dropped = seen.files()
    seen.question()
    version = seen.trained(dropped)
    seen.in_service(version)
    predicted = seen.prediction()
    story = closing.Story(
        datasets=ledger.by_dataset(ledger.files(where)),
        version=registry.one(where, MODEL, predicted["version"]),
        prediction=predicted,
        seconds=clock.seconds,
    )
    return Answer(story.data(), story.view, Exit.FINE if story.adds_up() else Exit.WANTING)


class Seen:
    """The demo's walk along the flow; each step waits for what events bring about, and tells it."""

    def __init__(self, where: Place, screen: Screen, clock: Clock, months: int) -> None:
        self.where, self.screen, self.clock, self.months = where, screen, clock, months
        self.data = drops.folder()
        self.trainings = {one.name for one in machines.executions(where, Setting.TRAINING_MACHINE_ARN)}
        self.deployments = {one.name for one in machines.executions(where, Setting.DEPLOYMENT_MACHINE_ARN)}

    def files(self) -> bool:
        """Drop what has not been dropped before; the aircraft last, since the training waits for them."""
        first = self._drop(
            [*drops.before_the_flights(self.months, self.data), *drops.flights(self.months, self.data)]
        )
        last = self._drop(drops.after_the_flights(self.data))
        self.clock.stage("files to tables")
        return first or last

    def _drop(self, wanted: list[drops.Drop]) -> bool:
        there = {(entry.key, entry.size) for entry in ledger.files(self.where) if entry.state.is_terminal}
        fresh = [drop for drop in wanted if (drop.key, len(drop.body)) not in there]
        if len(fresh) < len(wanted):
            known = counted(len(wanted) - len(fresh), "file")
            self.screen.step(f"{known} landed in an earlier run, not dropped again")
        ids = []
        for drop in fresh:
            ids.append(land.put(self.where, drop.key, drop.body))
            note = f"  [yellow](planted: {drop.planted})[/]" if drop.planted else ""
            self.screen.step(f"[bold]landed[/] {drop.key}, {len(drop.body) / 1e6:.1f} MB{note}")
        with self.screen.waiting("validate → quarantine or publish"):
            land.settled(self.where, ids, WAIT_SECONDS, self._tell)
        return bool(fresh)

    def _tell(self, entry: Entry) -> None:
        if entry.state is State.QUARANTINED:
            self.screen.step(f"[red]quarantined[/] {entry.key}: {entry.reason}")
            return
        rows = ledger.published_rows(entry)
        self.screen.step(f"[green]published[/] {entry.key}: {counted(rows, 'row')}")
        if entry.bad_rows:
            self.screen.step(
                f"[yellow]quarantined[/] {counted(entry.bad_rows, 'row')} of {entry.key}: {entry.reason}"
            )

    def question(self) -> None:
        """Ask Athena what everybody can see now."""
        from infra.cli.answer import grid

        columns, rows = query.select(self.where, SQL)
        self.screen.step("[bold]queried[/] with Athena: " + " ".join(SQL.split()))
        self.screen.show(grid("", columns, rows))
        self.clock.stage("query")

    def trained(self, dropped: bool) -> registry.Version:
        """Look on while the training runs that an event started, and name the version that came of it."""
        running = [
            one for one in machines.executions(self.where, Setting.TRAINING_MACHINE_ARN) if one.running
        ]
        known = self.trainings - {one.name for one in running}
        if not dropped and not running and (found := registry.versions(self.where, MODEL)):
            self.screen.step(f"nothing new to learn from: version {found[0].version} is there")
            return found[0]
        started = machines.wait_for(self.where, Setting.TRAINING_MACHINE_ARN, known, WAIT_SECONDS)
        cause = machines.execution_input(self.where, started)["cause"]
        why = f"{cause['kind']} {cause['event'].get('detail', {}).get('dataset', '')}".strip()
        self.screen.step(f"[bold]training[/] {started.name} was started by {why}")
        with self.screen.waiting("training"):
            machines.follow(self.where, started, lambda state: self.screen.step(f"  {state}"), WAIT_SECONDS)
        self.clock.stage("training")
        made = [one for one in registry.versions(self.where, MODEL) if one.told.get("run") == started.name]
        if not made:
            raise Refused(f"the gate, {started.name}", "the model did not pass", "tidegate status")
        self.screen.step(f"[green]registered[/] version {made[0].version}: AUC {made[0].number('auc'):.3f}")
        return made[0]

    def in_service(self, version: registry.Version) -> None:
        """Approve a version that waits, as a person would, and look on while its event deploys it."""
        if version.status == registry.PENDING:
            self.screen.step(
                f"[bold]approved[/] by the demo in your place: tidegate approve {MODEL} {version.version}"
            )
            registry.approve(self.where, version, "approved by tidegate demo")
        serving = registry.endpoint(self.where, MODEL)
        if serving and serving["version"] == version.version and serving["status"] == "InService":
            self.screen.step(f"version {version.version} is in service already")
            return
        started = machines.wait_for(
            self.where, Setting.DEPLOYMENT_MACHINE_ARN, self.deployments, WAIT_SECONDS
        )
        self.screen.step(f"[bold]deployment[/] {started.name} was started by ModelApproved")
        with self.screen.waiting("deploying"):
            machines.follow(self.where, started, lambda state: self.screen.step(f"  {state}"), WAIT_SECONDS)
        self.clock.stage("deployment")
        self.screen.step(f"[green]deployed[/] version {version.version}, and it answers")

    def prediction(self) -> dict[str, Any]:
        """Ask about a flight of the month after, with what was known two hours before it left."""
        flight = drops.a_flight(self.months, self.data)
        chosen = model(MODEL)
        row = request_row(flight, dataset(chosen.request).known_by(chosen.known_by))
        status, told = predict.ask(self.where, MODEL, json.dumps({"rows": [row]}).encode())
        if status != 200:
            raise predict.refusal(MODEL, status, told)
        self.clock.stage("first prediction")
        late = float(flight["arr_delay"])
        truth = f"{late:.0f} minutes late" if late > 0 else "on time"
        self.screen.step(
            f"[green]predicted[/] {row['carrier']} {row['flight']} {row['origin']} → {row['dest']}: "
            f"{told['predictions'][0]['score']:.0%} to be late (it came {truth})"
        )
        return {
            **told,
            "request": row,
            "truth": truth,
            "sources": predict.sources(self.where, MODEL, told["version"]),
        }


def request_row(flight: dict[str, str], known: tuple[str, ...]) -> dict[str, Any]:
    """A line of the file as a prediction request: what is known by then, numbers as numbers."""
    return {
        name: None
        if flight[name] == "NA"
        else int(flight[name])
        if flight[name].lstrip("-").isdigit()
        else flight[name]
        for name in known
    }
