"""``warifu-verifier verify FILE``: offline, light, the same eleven steps (the last one skipped: there is no query)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

PROG: Final = "warifu-verifier"
MAX_FILE: Final = 1024 * 1024
EXIT: Final = {"accepted": 0, "rejected": 1, "undetermined": 3}
EPILOG: Final = (
    "exit codes: 0 accepted, 1 rejected, 2 usage, 3 undetermined. "
    "Without --status a credential that carries one is undetermined; with --status none the step is skipped and the report says so."
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a call as every other command does."""

    def error(self, message: str) -> NoReturn:
        _say(f"error: {message}")
        _say(f"hint: {self.prog} --help shows the usage")
        sys.exit(2)


def parser() -> argparse.ArgumentParser:
    """Return the command line of ``verify``."""
    made = _Parser(
        f"{PROG} verify", description="Verify one credential or presentation from a file, offline.", epilog=EPILOG, allow_abbrev=False
    )
    made.add_argument("file", metavar="FILE", help="SD-JWT VC, DeviceResponse or IssuerSigned; - for standard input")
    made.add_argument("--anchors", metavar="PEM", action="append", required=True, help="root certificates to trust; may be repeated")
    made.add_argument("--format", choices=("dc+sd-jwt", "mso_mdoc"), help="read from the file where absent")
    made.add_argument("--pinned", action="store_true", help="the anchors are the signers themselves, not roots")
    made.add_argument("--key-binding", choices=("required", "none"), default="required", help="none for a credential as issued")
    made.add_argument("--nonce", metavar="N", help="nonce of the request that is answered")
    made.add_argument("--audience", metavar="A", help="client identifier of the verifier that asked")
    made.add_argument("--session-transcript", metavar="FILE", help="CBOR of the session, for an mdoc")
    made.add_argument("--at", metavar="TIME", type=_instant, help="instant with zone, such as 2026-04-01T12:00:00Z; now where absent")
    made.add_argument("--status", metavar="FILE|URL|none", action="append", help="status list, or none to leave the step out")
    made.add_argument("--json", action="store_true", help="print the report as JSON")
    return made


def _instant(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("no instant, such as 2026-04-01T12:00:00Z") from error
    if value.tzinfo is None:
        raise argparse.ArgumentTypeError("an instant needs its zone, such as a final Z")
    return value.astimezone(UTC)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_args(arguments)
    from schemas.errors import UndeterminedError, WarifuError  # noqa: PLC0415 - usage errors and --help pay for nothing

    try:
        return _run(options)
    except WarifuError as error:
        clause = f" [{error.clause}]" if error.clause else ""
        _say(f"error: {error.code}: {error.message}{clause}")
        if error.hint:
            _say(f"hint: {error.hint}")
        return 3 if isinstance(error, UndeterminedError) else 1


def _run(options: argparse.Namespace) -> int:
    import orjson  # noqa: PLC0415

    from runtime import clock  # noqa: PLC0415
    from verifier.offline import Given, decision_document  # noqa: PLC0415
    from verifier.report import report_lines  # noqa: PLC0415

    transcript = None if options.session_transcript is None else _read(options.session_transcript)
    document = decision_document(
        Given(
            data=_read(options.file),
            format=options.format,
            roots=[root for path in options.anchors for root in _roots(path)],
            pinned=options.pinned,
            key_binding=options.key_binding,
            nonce=options.nonce,
            audience=options.audience,
            session_transcript=transcript,
            status=_status(options.status or []),
            at=options.at or clock.now(),
        )
    )
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        sys.stdout.write("".join(f"{_printable(line)}\n" for line in report_lines(document)))
    sys.stdout.flush()
    return EXIT[document["outcome"]]


def _roots(path: str) -> list[Certificate]:
    from cryptography import x509  # noqa: PLC0415

    from schemas.errors import WarifuError  # noqa: PLC0415

    try:
        return list(x509.load_pem_x509_certificates(_read(path)))
    except ValueError as error:
        raise WarifuError(
            "anchor_unreadable", "the file of anchors holds no certificate in PEM", hint="name the root's PEM file"
        ) from error


def _status(values: Sequence[str]) -> list[bytes] | None:
    if values == ["none"]:
        return None
    return [_fetch(value) if value.startswith("https://") else _read(value) for value in values]


def _fetch(url: str) -> bytes:
    from runtime.fetcher import GuardedFetcher  # noqa: PLC0415 - offline unless asked
    from schemas.errors import UndeterminedError  # noqa: PLC0415

    with GuardedFetcher() as fetcher:
        fetched = fetcher.get(url, accept="application/statuslist+jwt, application/statuslist+cwt")
    if fetched.status != 200:
        raise UndeterminedError("status_unreachable", "the status list could not be fetched", hint="try again", layer="status")
    return fetched.body


def _read(path: str) -> bytes:
    from schemas.errors import WarifuError  # noqa: PLC0415

    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_FILE + 1)
        else:
            with Path(path).open("rb") as stream:
                data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise WarifuError("file_unreadable", "a file of the command line cannot be read", hint="check its name and rights") from error
    if len(data) > MAX_FILE:
        raise WarifuError("too_large", f"a file of the command line is larger than {MAX_FILE} bytes")
    return data


def _printable(text: str) -> str:
    """Return ``text`` without characters that move the cursor or turn the line; what was disclosed is foreign text."""
    import unicodedata  # noqa: PLC0415 - only a result for a person needs it

    return "".join(c if c.isprintable() or unicodedata.category(c) in ("Mn", "Zs") else ascii(c)[1:-1] for c in text)


def _say(text: str) -> None:
    sys.stderr.write(f"{PROG}: {_printable(text)}\n")
