"""Which trial components belong to which trial, and which trials to which experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import not_found

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record
    from infra.local.sagemaker.tracking.entities import Entities

NOUN = "trial-membership"


class Trials:
    """AssociateTrialComponent, and the lists that go by it."""

    def __init__(self, parts: Parts, experiments: Entities, trials: Entities, components: Entities) -> None:
        self.parts = parts
        self._experiments, self._trials, self._components = experiments, trials, components

    def create(self, request: Record) -> Record:
        """CreateTrial, of an experiment that is there."""
        self._experiments.get(request["ExperimentName"])
        return self._trials.create(request)

    def associate(self, request: Record) -> Record:
        """AssociateTrialComponent; twice is once."""
        trial, component = self._both(request)
        key = f"{trial['TrialName']} {component['TrialComponentName']}"
        self.parts.store.put(NOUN, key, {"TrialName": trial["TrialName"], **request})
        return {"TrialComponentArn": component["TrialComponentArn"], "TrialArn": trial["TrialArn"]}

    def disassociate(self, request: Record) -> Record:
        """DisassociateTrialComponent."""
        trial, component = self._both(request)
        key = f"{trial['TrialName']} {component['TrialComponentName']}"
        if not self.parts.store.find(NOUN, key):
            raise not_found(f"{component['TrialComponentArn']} is no component of {trial['TrialArn']}.")
        self.parts.store.remove(NOUN, key)
        return {"TrialComponentArn": component["TrialComponentArn"], "TrialArn": trial["TrialArn"]}

    def list_trials(self, request: Record) -> Record:
        """ListTrials, of an experiment or with a component."""
        every = self.parts.store.every("experiment-trial")
        if experiment := request.get("ExperimentName"):
            every = [one for one in every if one["ExperimentName"] == experiment]
        if component := request.get("TrialComponentName"):
            of = {one["TrialName"] for one in self._members() if one["TrialComponentName"] == component}
            every = [one for one in every if one["TrialName"] in of]
        return self._trials.page_of(request, every)

    def list_components(self, request: Record) -> Record:
        """ListTrialComponents, of a trial, of an experiment, or of a source."""
        every = self.parts.store.every("experiment-trial-component")
        if trial := request.get("TrialName"):
            every = [one for one in every if one["TrialComponentName"] in self._of({trial})]
        if experiment := request.get("ExperimentName"):
            trials = self.parts.store.every("experiment-trial")
            named = {one["TrialName"] for one in trials if one["ExperimentName"] == experiment}
            every = [one for one in every if one["TrialComponentName"] in self._of(named)]
        if source := request.get("SourceArn"):
            every = [one for one in every if one.get("Source", {}).get("SourceArn") == source]
        return self._components.page_of(request, every)

    def experiment_held(self, record: Record) -> str:
        """Why an experiment cannot be deleted: it still has trials."""
        name = record["ExperimentName"]
        trials = [one for one in self.parts.store.every("experiment-trial") if one["ExperimentName"] == name]
        return f"it has {len(trials)} trials; delete them first" if trials else ""

    def trial_held(self, record: Record) -> str:
        """Why a trial cannot be deleted: it still has components."""
        name = record["TrialName"]
        members = [one for one in self._members() if one["TrialName"] == name]
        return f"it has {len(members)} components; disassociate them first" if members else ""

    def component_held(self, record: Record) -> str:
        """Why a component cannot be deleted: a trial still has it."""
        name = record["TrialComponentName"]
        trials = [one for one in self._members() if one["TrialComponentName"] == name]
        return f"it belongs to {len(trials)} trials; disassociate it first" if trials else ""

    def _members(self) -> list[Record]:
        return self.parts.store.every(NOUN)

    def _of(self, trials: set[str]) -> set[str]:
        return {one["TrialComponentName"] for one in self._members() if one["TrialName"] in trials}

    def _both(self, request: Record) -> tuple[Record, Record]:
        trial, component = request["TrialName"], request["TrialComponentName"]
        return self._trials.get(trial), self._components.get(component)
