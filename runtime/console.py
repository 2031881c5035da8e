"""How every command speaks: results on stdout, everything else on stderr, four exit codes, no value of a secret in argv.

Exit codes: 0 done or accepted, 1 rejected or refused, 2 usage, 3 undetermined or unreachable; 70 is a defect of ours.
"""

from __future__ import annotations

import getpass
import os
import sys
import traceback
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal, NoReturn, TypeVar

import orjson
import typer

from schemas.errors import UndeterminedError, WarifuError

EXIT_DONE: Final = 0
EXIT_REFUSED: Final = 1
EXIT_USAGE: Final = 2
EXIT_UNDETERMINED: Final = 3
EXIT_DEFECT: Final = 70
MAX_SECRET_BYTES: Final = 4096
# typer carries its own copy of click and exports only this one of its errors by name
_USAGE_ERROR: Final = next(cls for cls in typer.BadParameter.__mro__ if cls.__name__ == "ClickException")
Language = Literal["ja", "en"]
T = TypeVar("T")


def run(app: typer.Typer, prog: str, *, args: list[str] | None = None) -> NoReturn:
    """Run ``app`` as the command ``prog`` and leave the process with the exit code that its outcome calls for.

    Args:
        app: the commands.
        prog: name at the head of every message, such as ``warifu-wallet``.
        args: arguments for tests; the process's own where absent.
    """
    sys.exit(outcome(lambda: typer.main.get_command(app).main(args=args, prog_name=prog, standalone_mode=False), prog))


def outcome(command: Callable[[], object], prog: str) -> int:
    """Run ``command``, print what went wrong on stderr and return the exit code."""
    try:
        result = command()
    except WarifuError as error:
        report_error(error, prog)
        return EXIT_UNDETERMINED if isinstance(error, UndeterminedError) else EXIT_REFUSED
    except typer.Abort:
        _line(prog, "error", "interrupted by the user")
        return EXIT_REFUSED
    except KeyboardInterrupt:
        _line(prog, "error", "interrupted by the user")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; nothing can be said to it
        return EXIT_REFUSED
    except Exception as error:  # the outermost boundary: foreign text may hold personal data, so only type and place are told
        return _report_unexpected(error, prog)
    return result if isinstance(result, int) and not isinstance(result, bool) else EXIT_DONE


def _report_unexpected(error: Exception, prog: str) -> int:
    if isinstance(error, _USAGE_ERROR):
        message: str = error.format_message()  # type: ignore[attr-defined]  # click's base class, found by name above
        if not message.strip():  # called without a command: the help has been printed instead
            return EXIT_USAGE
        _line(prog, "error", message)
        _line(prog, "hint", f"{prog} --help shows the usage")
        return EXIT_USAGE
    frame = traceback.extract_tb(error.__traceback__)[-1]
    _line(prog, "error", f"internal defect: {type(error).__name__} in {frame.name} ({os.path.basename(frame.filename)}:{frame.lineno})")  # noqa: PTH119
    _line(prog, "hint", "please report this; WARIFU_TRACEBACK=1 shows the whole trace, which may hold personal data")
    if os.environ.get("WARIFU_TRACEBACK") == "1":
        traceback.print_exception(error)
    return EXIT_DEFECT


def report_error(error: WarifuError, prog: str) -> None:
    """Print ``prog: error: …`` with code and clause, and ``prog: hint: …`` where there is one, on stderr."""
    clause = f" [{error.clause}]" if error.clause else ""
    _line(prog, "error", f"{error.code}: {error.message}{clause}")
    if error.hint:
        _line(prog, "hint", error.hint)


def _line(prog: str, kind: str, text: str) -> None:
    print(f"{prog}: {kind}: {safe_text(text)}", file=sys.stderr, flush=True)  # noqa: T201 - this module is the console


def print_line(text: str = "") -> None:
    """Print one line of a result on stdout, control and direction characters escaped."""
    print(safe_text(text), flush=True)  # noqa: T201


def print_note(text: str = "") -> None:
    """Print one line of explanation on stderr, so that stdout stays for programs."""
    print(safe_text(text), file=sys.stderr, flush=True)  # noqa: T201


def print_json(value: object) -> None:
    """Print a result as JSON on stdout: UTF-8, two spaces of indent, code points kept."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()


def safe_text(text: str) -> str:
    r"""Return ``text`` with control, format and line-separating characters as ``\xNN`` or ``\uNNNN``.

    Foreign text can otherwise move the cursor, recolour a warning or turn the direction of a line.  Variation selectors
    (IVS) are kept: names need them.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def language() -> Language:
    """Return the reader's language from WARIFU_LANG, LC_ALL, LC_MESSAGES or LANG; English unless it is Japanese."""
    for name in ("WARIFU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"


def words(*, ja: str, en: str) -> str:
    """Return the text in the reader's language."""
    return ja if language() == "ja" else en


def read_secret(fd: int | None, prompt: str, *, confirm: bool = False) -> bytes:
    """Read a passphrase, PIN or code: from the file descriptor ``fd``, else from the terminal without echo.

    One newline at the end is dropped.  Never an argument or a variable: those are seen by other processes (H08).

    Raises:
        WarifuError: ``secret_unavailable`` where there is neither, ``secret_invalid`` where it is empty or too long,
            ``secret_mismatch`` where the repetition differs.
    """
    secret = _from_descriptor(fd) if fd is not None else _from_terminal(prompt)
    if not secret or len(secret) > MAX_SECRET_BYTES:
        raise WarifuError("secret_invalid", f"the secret is empty or longer than {MAX_SECRET_BYTES} bytes")
    if confirm and fd is None and _from_terminal(words(ja=f"{prompt}(もう一度)", en=f"{prompt} (again)")) != secret:
        raise WarifuError("secret_mismatch", "the two entries differ", hint="start again")
    return secret


def _from_descriptor(fd: int) -> bytes:
    try:
        with os.fdopen(fd, "rb", closefd=True) as stream:
            data = stream.read(MAX_SECRET_BYTES + 2)
    except OSError as error:
        raise WarifuError("secret_unavailable", f"the file descriptor {fd} cannot be read", hint="open it for reading first") from error
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _from_terminal(prompt: str) -> bytes:
    if not sys.stdin.isatty():
        raise WarifuError(
            "secret_unavailable", "there is no terminal to ask for the secret", hint="give it by a file descriptor, as in --passphrase-fd 3"
        )
    return getpass.getpass(f"{prompt}: ", stream=sys.stderr).encode()


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on stderr while the block runs; yields a function that advances it by so many steps.

    Where stderr is no terminal nothing is drawn.
    """
    from rich.console import Console  # noqa: PLC0415 - only long work pays for rich
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    columns: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(safe_text(label), total=total)
        yield lambda steps: bar.advance(task, steps)


def track(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Iterate over ``items`` beside a progress bar."""
    with progress(label, total) as advance:
        for item in items:
            yield item
            advance(1)
