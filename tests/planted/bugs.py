"""Bugs that the suite must catch: where each is planted, and the tests of which one must then fail."""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    """A change of one place in the code."""

    path: str
    before: str
    after: str
    tests: tuple[str, ...]


LAKE = "src/tidegate/lake"
BUGS = {
    "a failed message is acknowledged": Bug(
        f"{LAKE}/messages.py",
        "            raise\n\n    processor",
        "\n    processor",
        ("tests/functions/test_validate.py", "-k", "handed_back"),
    ),
    "a doorbell is acknowledged though another holds the table": Bug(
        f"{LAKE}/publication.py",
        "_PATIENCE, self.seconds / 2):\n                    raise",
        "_PATIENCE, self.seconds / 2):\n                    return []",
        ("tests/functions/test_publish.py", "-k", "hands_the_message_back"),
    ),
    "a claim is put without a condition": Bug(
        f"{LAKE}/ledger.py",
        '                ConditionExpression="attribute_not_exists(object_id) OR claimed_by = :me",\n'
        '                ExpressionAttributeValues={":me": typed(entry.claimed_by)},\n',
        "",
        ("tests/tidegate/lake/test_ledger.py", "-k", "claim"),
    ),
    "a key is unquoted that is not quoted": Bug(
        f"{LAKE}/landed.py",
        'key=what["key"],',
        'key=__import__("urllib.parse").parse.unquote_plus(what["key"]),',
        ("tests/tidegate/lake/test_landed.py",),
    ),
    "the ETag is no part of an object's name": Bug(
        f"{LAKE}/landed.py",
        'self.version_id or f"{self.etag}:{self.size}"',
        'self.version_id or f"{self.size}"',
        ("tests/tidegate/lake/test_landed.py",),
    ),
    "an object is read whatever its ETag": Bug(
        f"{LAKE}/originals.py",
        'else {"IfMatch": landed.etag}',
        "else {}",
        ("tests/functions/test_validate.py", "-k", "no_versions_are_kept"),
    ),
    "the version is no part of an object's name": Bug(
        f"{LAKE}/landed.py",
        'self.version_id or f"{self.etag}:{self.size}"',
        'f"{self.etag}:{self.size}"',
        ("tests/tidegate/lake/test_landed.py",),
    ),
    "the newest version is read for any": Bug(
        f"{LAKE}/originals.py",
        '{"VersionId": landed.version_id} if',
        "{} if",
        ("tests/functions/test_publish.py", "tests/functions/test_validate.py", "-k", "version"),
    ),
    "the last mark is set before the commit": Bug(
        f"{LAKE}/publication.py",
        "        facts = []\n        if files or remove:",
        "        facts = []\n        self.ledger.finish([*map(_end, batch.take), *batch.left_out])\n"
        "        if files or remove:",
        ("tests/functions/test_publish.py", "tests/functions/test_crashes.py", "-k", "dies or death"),
    ),
    "nobody looks for a commit whose answer was lost": Bug(
        f"{LAKE}/publication.py",
        "            if doubted:\n",
        "            if not waiting:\n",
        ("tests/functions/test_publish.py", "tests/functions/test_crashes.py", "-k", "dies or death or lost"),
    ),
    "a batch fails for one of its messages": Bug(
        f"{LAKE}/messages.py",
        "    return dict(process_partial_response(batch, one, processor, context))",
        "    answer = dict(process_partial_response(batch, one, processor, context))\n"
        '    every = [{"itemIdentifier": told["messageId"]} for told in batch["Records"]]\n'
        '    return {"batchItemFailures": every} if answer["batchItemFailures"] else answer',
        ("tests/functions/test_validate.py", "-k", "handed_back"),
    ),
    "rows go to quarantine after the mark": Bug(
        f"{LAKE}/intake.py",
        "            if verdict.bad_rows:\n                self._tell_rows(",
        "            if verdict.bad_rows:\n"
        "                held = self.at.ledger.mark(held, State.VALIDATED, total_rows=verdict.total_rows,\n"
        "                    good_rows=verdict.good_rows, bad_rows=verdict.bad_rows)\n"
        "                self._tell_rows(",
        ("tests/functions/test_crashes.py",),
    ),
    "a file goes to quarantine after the mark": Bug(
        f"{LAKE}/workplace.py",
        "        address = self.quarantine.keep_file(held, landed, dataset, where, report)\n",
        "        held = self.ledger.mark(held, State.QUARANTINED, dataset=dataset, reason=reason)\n"
        "        address = self.quarantine.keep_file(held, landed, dataset, where, report)\n",
        ("tests/functions/test_crashes.py",),
    ),
    "a replay adds its rows to those that are there": Bug(
        f"{LAKE}/precedence.py",
        "left_out=(), replaced=frozenset(again))",
        "left_out=(), replaced=frozenset())",
        ("tests/functions/test_replay.py", "-k", "published_once"),
    ),
    "a replay writes over the files that readers have open": Bug(
        f"{LAKE}/layout.py",
        'return f"{object_id}-r{generation}" if generation else object_id',
        "return object_id",
        ("tests/functions/test_replay.py", "-k", "published_once or one_snapshot"),
    ),
    "a publisher that overslept ends a replay begun since": Bug(
        f"{LAKE}/ledger.py",
        '            "ConditionExpression": f"{first}generation = :generation",\n',
        "",
        ("tests/functions/test_replay.py", "-k", "oversleeps"),
    ),
    "a request that comes late begins a replay": Bug(
        f"{LAKE}/replay.py",
        "may_be_replayed(seen) and seen.generation == asked.generation - 1",
        "may_be_replayed(seen) and seen.generation < asked.generation",
        ("tests/functions/test_replay.py", "-k", "comes_twice"),
    ),
    "a line end within quotes is not counted": Bug(
        "src/tidegate/contract/reading/structure.py",
        "feeds = found.marks.feeds if found.marks",
        "feeds = found.marks.line_ends if found.marks",
        ("tests/tidegate/contract/reading/test_structure.py", "tests/tidegate/contract/test_engine.py"),
    ),
    "a walk leaves out what lies under one prefix": Bug(
        f"{LAKE}/reconciliation.py",
        'for version in listing.get("Versions", ())]',
        'for version in listing.get("Versions", ()) if not version["Key"].startswith("trips/")]',
        ("tests/functions/test_reconcile.py",),
    ),
    "one of two copies is taken": Bug(
        "src/tidegate/contract/uniqueness.py",
        "pl.struct(pl.all()).is_duplicated()",
        "~pl.struct(pl.all()).is_first_distinct()",
        ("tests/tidegate/contract/test_engine.py", "tests/tidegate/contract/test_same_as_pandera.py"),
    ),
    "rows of a refused file are published": Bug(
        f"{LAKE}/intake.py",
        "            if verdict.fault is not None:",
        "            if verdict.fault is not None and not verdict.good_rows:",
        ("tests/functions/test_validate.py", "tests/functions/test_formats.py"),
    ),
}
