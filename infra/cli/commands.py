"""The table of commands: each is the module of its name, with `configure(parser)` and `run(args, screen)`."""

from __future__ import annotations

COMMANDS = {
    "demo": "the whole flow on real data, from a dropped file to a live prediction",
    "up": "start the local cloud and deploy everything to it",
    "down": "stop the local cloud; its state is kept",
    "status": "what runs, what is deployed, what has arrived",
    "land": "put files into the landing bucket, as upstream would",
    "files": "every file that landed, and what became of it",
    "quarantine": "rows and files that were refused, and why",
    "personal": "what the tokens in a table stand for, for who may know",
    "query": "ask Athena about the published tables",
    "train": "start a training by hand",
    "models": "the versions of a model, which one serves, and what came of its trainings",
    "drift": "whether what a model is asked and answers is still what it learned from",
    "model": "one version, whole; or a new model's folder, its packages, its training for Studio",
    "lineage": "from one answer back to its version, training, table snapshots, files and contracts",
    "approve": "let a registered model version go into service",
    "promote": "let a version go into service, and wait until it answers",
    "rollback": "let what served before come back, and wait until it answers",
    "predict": "ask the deployed model, and see what stands behind its answer",
    "deploy": "deploy to an environment",
    "destroy": "take everything down that costs money or holds data",
    "images": "AWS's own images: which of them run on this machine; build one",
    "doctor": "what this machine lacks, if anything",
    "contract": "write, read, compare and try a contract",
    "test": "every check: format, types, import law, tests",
    "dataset": "write a schema file to start from",
}
