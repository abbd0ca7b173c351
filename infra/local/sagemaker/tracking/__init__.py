"""What SageMaker keeps of how models came to be: lineage, experiments, model cards, and the search in them.

    entities      actions, contexts, experiments, trials and trial components: records with a name
    artifacts     artifacts: records without one
    associations  the edges between them, and what lies upstream and downstream
    trials        which components belong to which trial
    cards         model cards and their versions
    searching     Search, over these and over jobs, packages and pipelines

Nothing is recorded by itself: what AWS notes of its own accord of jobs and endpoints is left to the caller.
"""

from infra.local.sagemaker.tracking.operations import Tracking

__all__ = ["Tracking"]
