"""SageMaker Pipelines: definitions of schema 2020-12-01, and executions that run their steps for real.

    definition   a definition's text as steps that depend on each other; what is not done here refused by name
    references   Get, Std:Join and Std:JsonGet as values
    conditions   what a Condition step asks
    catalogue    pipelines and their versions
    executions   the operations on executions, and those that answer a Callback step
    run          one execution: which step may start, which ended, what becomes of the whole
    attempt      one step from its start to its end: cache, retries, failure
    steps        what each type of step does; jobs are those that wait for a SageMaker job
    caching      whether an earlier execution did the same
    retrying     which failure is tried again, and when
    hands        calls that are signed by the pipeline's role
    telling      the events that AWS says of executions and steps

Each call of a step is a request of the pipeline's role: IAM decides on it, and on the roles that it passes.
"""

from infra.local.sagemaker.pipelines.operations import Pipelines

__all__ = ["Pipelines"]
