"""`tidegate predict`: ask the deployed model through the HTTP API, and tell what stands behind its answer."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from infra.cli import lineage, place
from infra.cli.answer import Answer, grid
from tidegate.errors import BadRequest, Transient
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen

SHOWN_FILES = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("model")
    parser.add_argument(
        "request",
        nargs="?",
        default="",
        help='JSON: one row, or {"rows": [...]}; - reads it from standard input',
    )
    parser.add_argument(
        "--row",
        nargs="+",
        action="extend",
        metavar="COLUMN=VALUE",
        default=[],
        help="one row, column by column",
    )


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Ask, and look up the version's sources."""
    where = place.find(args.environment)
    asked = _request(args.model, args.request, args.row)
    status, told = ask(where, args.model, json.dumps(asked).encode())
    if status != 200:
        raise refusal(args.model, status, told)
    if "predictions" not in told:  # it was asked to describe itself
        return Answer(told, lambda: json.dumps(told, indent=2))
    sources = lineage.of(where, args.model, told["version"])
    rows = [(number, f"{one['score']:.3f}") for number, one in enumerate(told["predictions"])]
    title = (
        f"{args.model}, version {told['version']}, {sources.sentence(SHOWN_FILES)}\n"
        f"the whole way back: tidegate lineage {told['id']}"
    )
    return Answer({**told, "sources": sources.data()}, lambda: grid(title, ("row", "score"), rows))


def ask(where: place.Place, model: str, body: bytes) -> tuple[int, Any]:
    """One prediction of the HTTP API: its status, and its answer read as JSON where it is JSON."""
    return post(where, f"/predict/{model}", body)


def post(where: place.Place, path: str, body: bytes) -> tuple[int, Any]:
    """One signed request to the HTTP API."""
    url = f"{where.settings[Setting.API_URL].rstrip('/')}{path}"
    headers = _signed(where, url, body)
    if where.cloud:  # it tells its APIs apart by a host name that only some systems resolve
        parts = urlsplit(url)
        headers["Host"], url = parts.netloc, f"{where.cloud.endpoint}{parts.path}"
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the API's own address
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - as above
            return response.status, _json(response.read())
    except urllib.error.HTTPError as error:
        return error.code, _json(error.read())


def sources(where: place.Place, model: str, version: int) -> dict[str, Any]:
    """What stands behind a version, as JSON."""
    return lineage.of(where, model, version).data()


def _signed(where: place.Place, url: str, body: bytes) -> dict[str, str]:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    SigV4Auth(where.credentials, "execute-api", where.region).add_auth(request)
    return dict(request.headers.items())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {"error": {"what": body.decode(errors="replace")}}


def _request(name: str, text: str, pairs: list[str]) -> Any:
    if pairs:
        return dict(_pair(pair) for pair in pairs)
    piped = text == "-" or (not text and not sys.stdin.isatty())
    text = sys.stdin.read() if piped else text
    if not text.strip():
        from tidegate.find import model

        model(name)  # whether there is such a model comes first
        raise BadRequest(
            f"predict {name}",
            "nothing was asked",
            'Give a row: --row column=value …, or JSON: {"rows": [...]}',
        )
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadRequest(
            "the request", f"it is no JSON ({error})", "Quote it whole, or use --row column=value …"
        ) from None


def _pair(pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise BadRequest(f"--row {pair}", "there is no =", "Write column=value; an empty value is null")
    if value == "":
        return name, None
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def refusal(model: str, status: int, told: Any) -> Exception:
    """What the API said against a request, as an error of ours."""
    error = told.get("error", {}) if isinstance(told, dict) else {}
    if not isinstance(error, dict):
        error = {"what": str(error)}
    what = (
        error.get("what") or (told.get("message") if isinstance(told, dict) else "") or "no reason was given"
    )
    rows = "; ".join(
        f"row {one.get('row')}, {one.get('column')}: {one.get('said') or one.get('check')}"
        for one in error.get("rows", [])[:5]
    )
    told_whole = f"{status}: {what}" + (f" ({rows})" if rows else "")
    kind = Transient if status in (429, 502, 503, 504) else BadRequest
    return kind(
        error.get("where", f"predict {model}"), told_whole, error.get("next_step") or "See `tidegate models`"
    )
