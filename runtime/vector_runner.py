"""``vectors DIR`` of the three commands: runs every test vector of the kinds that the role consumes.

One case is one JSON file.  A case passes when it comes out as its ``expect`` says: outcome, layer, code and, on
acceptance, the claims.  Unknown keys anywhere are errors of the file, and so is a file that cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from runtime.console import EXIT_DONE, EXIT_REFUSED, print_json, print_line
from runtime.json_schema import check_schema, same_json
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import parse_json_object

MAX_FILE: Final = 8 * 1024 * 1024
SCHEMA_FOLDER: Final = "schema"
LAYERS: Final = ("parse", "digest", "signature", "key-binding", "chain", "validity", "status", "query", "policy")
#: Layers of errors that the form of the vectors does not know: a fault of the exchange counts as one of policy.
_COUNTS_AS: Final[Mapping[str, str]] = {"protocol": "policy", "store": "policy"}
Result = Literal["passed", "failed", "skipped", "other"]

CASE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "kind", "clause", "why", "given", "expect"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*$"},
        "kind": {"type": "string", "pattern": r"^[a-z0-9+-]+$"},
        "clause": {"type": "string"},
        "why": {"type": "string", "minLength": 1},
        "features": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "given": {"type": "object"},
        "expect": {
            "type": "object",
            "required": ["outcome"],
            "additionalProperties": False,
            "properties": {
                "outcome": {"enum": ["accept", "reject", "undetermined"]},
                "layer": {"enum": list(LAYERS)},
                "code": {"type": "string", "minLength": 1},
                "claims": {},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a consumer made of a case; refusals may simply be raised instead."""

    outcome: Literal["accept", "reject", "undetermined"]
    layer: str = ""
    code: str = ""
    claims: Any = None


Consumer = Callable[[Mapping[str, Any], datetime | None], Outcome]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one file came out; ``reason`` says why it failed or was skipped."""

    id: str
    kind: str
    result: Result
    reason: str = ""


@dataclass(slots=True)
class Totals:
    """All results of a run."""

    results: list[CaseResult] = field(default_factory=list)

    def count(self, result: Result) -> int:
        """Return how many cases came out as ``result``."""
        return sum(item.result == result for item in self.results)

    def as_json(self) -> dict[str, Any]:
        """Return the document that ``--json`` prints."""
        cases = [{"id": r.id, "kind": r.kind, "result": r.result, **({"reason": r.reason} if r.reason else {})} for r in self.results]
        return {
            "total": len(self.results),
            "passed": self.count("passed"),
            "failed": self.count("failed"),
            "skipped": self.count("skipped"),
            "other": self.count("other"),
            "cases": cases,
        }


def run_vectors(directory: Path, consumers: Mapping[str, Consumer], *, json: bool = False, features: frozenset[str] = frozenset()) -> int:
    """Run every case under ``directory`` and print failures and totals.

    Args:
        directory: walked whole; ``schema/<kind>.schema.json`` (or ``schema/<kind>.json``) in it or, where it has no
            such folder, beside it says what ``given`` of that kind may hold.
        consumers: kind → function of (``given``, ``given.at`` as UTC or None).  It returns an outcome or raises a
            WarifuError, which counts as a refusal with its layer and code.
        json: print one JSON document instead of lines.
        features: what this build supports beyond the minimum; a case that needs another is skipped by name.

    Returns:
        0 when every case of the role came out as expected and there was at least one file, else 1.

    Raises:
        WarifuError: ``vectors_missing`` where the folder does not exist or holds no case.
    """
    totals = run_cases(directory, consumers, features=features)
    if json:
        print_json(totals.as_json())
    else:
        for item in totals.results:
            if item.result in ("failed", "skipped"):
                print_line(f"{item.result}: {item.id} ({item.kind}): {item.reason}")
        counts = ", ".join(f"{totals.count(name)} {words}" for name, words in _WORDS.items())
        print_line(f"{len(totals.results)} cases: {counts}")
    return EXIT_REFUSED if totals.count("failed") else EXIT_DONE


_WORDS: Final[Mapping[Result, str]] = {"passed": "passed", "failed": "failed", "skipped": "skipped", "other": "of other roles"}


def run_cases(directory: Path, consumers: Mapping[str, Consumer], *, features: frozenset[str] = frozenset()) -> Totals:
    """As :func:`run_vectors` without printing; returns every result in the order of the paths."""
    schema_folder = _schema_folder(directory)
    paths = sorted(path for path in directory.rglob("*.json") if schema_folder not in path.parents)
    if not paths:
        raise WarifuError("vectors_missing", "the folder holds no test vectors", hint="name the folder that holds the cases")
    run = _Run(directory, consumers, _load_schemas(schema_folder), features)
    return Totals([run.file(path) for path in paths])


def _schema_folder(directory: Path) -> Path:
    inside, beside = directory / SCHEMA_FOLDER, directory.parent / SCHEMA_FOLDER
    return beside if beside.is_dir() and not inside.is_dir() else inside


def _load_schemas(folder: Path) -> dict[str, dict[str, Any]]:
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return {path.name.removesuffix(".json").removesuffix(".schema"): parse_json_object(path.read_bytes()) for path in paths}


class _Run:
    """One walk over the files."""

    def __init__(
        self, directory: Path, consumers: Mapping[str, Consumer], schemas: Mapping[str, dict[str, Any]], features: frozenset[str]
    ) -> None:
        self._directory = directory
        self._consumers = consumers
        self._schemas = schemas
        self._features = features
        self._seen: set[str] = set()

    def file(self, path: Path) -> CaseResult:
        name = path.relative_to(self._directory).with_suffix("").as_posix()
        try:
            case = self._read(path)
            at = instant(case["given"].get("at"))
        except WarifuError as error:
            return CaseResult(name, "?", "failed", f"the file is not valid: {error}")
        missing = set(case.get("features", [])) - self._features
        if case["kind"] not in self._consumers:
            return CaseResult(case["id"], case["kind"], "other")
        if missing:
            return CaseResult(case["id"], case["kind"], "skipped", f"needs {', '.join(sorted(missing))}")
        return self._judge(case, at)

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            case = parse_json_object(path.read_bytes(), max_bytes=MAX_FILE)
        except OSError as error:
            raise WarifuError("file_unreadable", "the file cannot be read") from error
        check_schema(case, CASE_SCHEMA)
        if case["kind"] in self._schemas:
            check_schema(case["given"], self._schemas[case["kind"]], place="/given")
        if case["id"] in self._seen:
            raise WarifuError("vector_id_twice", "another case has the same id")
        self._seen.add(case["id"])
        return case

    def _judge(self, case: Mapping[str, Any], at: datetime | None) -> CaseResult:
        try:
            outcome = self._consumers[case["kind"]](case["given"], at)
        except WarifuError as error:
            verdict: Literal["reject", "undetermined"] = "undetermined" if isinstance(error, UndeterminedError) else "reject"
            outcome = Outcome(verdict, _COUNTS_AS.get(error.layer, error.layer), error.code)
        except Exception as error:  # a foreign exception on hostile input is itself the finding
            return CaseResult(case["id"], case["kind"], "failed", f"raised {type(error).__name__}")
        difference = compare(case["expect"], outcome)
        return CaseResult(case["id"], case["kind"], "failed" if difference else "passed", difference)


def compare(expect: Mapping[str, Any], outcome: Outcome) -> str:
    """Return in words where ``outcome`` differs from ``expect``; empty where it does not."""
    if outcome.outcome != expect["outcome"]:
        said = f" ({outcome.layer}: {outcome.code})" if outcome.code else ""
        return f"expected {expect['outcome']}, came out as {outcome.outcome}{said}"
    if outcome.outcome == "accept":
        return "other claims came out than expected" if "claims" in expect and not same_json(expect["claims"], outcome.claims) else ""
    for member in ("layer", "code"):
        found = getattr(outcome, member)
        if member in expect and expect[member] != found:
            return f"expected {member} {expect[member]}, was {found or 'none'}"
    return ""


def instant(value: object) -> datetime | None:
    """Read ``given.at``, an RFC 3339 instant with zone; raises ``bad_instant``."""
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise WarifuError("bad_instant", "at is no instant with a time zone", clause="RFC 3339 5.6", layer="parse")
    return parsed.astimezone(UTC)
