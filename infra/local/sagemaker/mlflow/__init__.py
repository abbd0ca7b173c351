"""Managed MLflow: each tracking server is a real MLflow server, a process on this machine.

    servers   the operations on tracking servers, and their processes
    door      MLflow's own REST calls: which IAM action each is, and the way to the server that a header names

MLflow has an environment of its own, made by `tidegate images build mlflow`; without it, a tracking server is
refused with that command. Runs are kept in a database below the local cloud's state, artifacts in S3.
"""
