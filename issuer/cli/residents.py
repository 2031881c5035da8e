"""`warifu-issuer residents`: fill the register, look into it, change it by events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from issuer.cli import residents_views as views
from issuer.municipality.office import open_store
from issuer.municipality.register.csv_file import Line, read_lines, write_csv
from issuer.municipality.register.events import EventRefusedError, apply_event, read_event
from issuer.municipality.register.generate import generate
from issuer.municipality.register.history import count_residents, full_history, latest, of_households, resident_unknown
from issuer.municipality.register.importing import ImportRefusedError, import_lines
from issuer.municipality.register.personas import City
from issuer.municipality.register.read import Municipality, own_register
from issuer.municipality.register.record import ResidentRecord
from issuer.municipality.register.search import search
from issuer.municipality.settings import InnerSettings
from runtime import clock, console
from runtime.files import file_error
from runtime.settings import CONFIG_FILE, load_settings
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.japan.ages import japan_day

app = typer.Typer(help="The register (住民基本台帳): residents, households and their history.", no_args_is_help=True)
Home = Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Home of the inner side")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON")]
MAX_EVENT_BYTES = 256 * 1024


@app.command("generate")
def generate_command(
    home: Home,
    households: Annotated[int, typer.Option("--households", min=0, max=1_500_000, help="Households beside the ten personas")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed and day give the same city")] = 1,
    on: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day to count from; unless given, today")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write a CSV file instead of filling the register")] = None,
    as_json: AsJson = False,
) -> None:
    """Make up a city: deterministic, fictional people with numbers from a range set apart, and ten personas P-01 … P-10."""
    settings = _settings(home)
    at = clock.now()
    city = _city(settings, on.date() if on else japan_day(at))
    records = generate(city, households=households, seed=seed)
    if out is not None:
        with console.progress(console.words(ja="書き出し", en="Writing"), None) as advance, _create(out) as stream:
            count = write_csv(stream, _counted(records, advance))
        views.print_written(out, count, as_json=as_json)
        return
    engine = _open(home, settings)
    with read(engine) as connection:
        if count_residents(connection):
            raise WarifuError(
                "register_not_empty", "the register already holds residents", hint="write a file with --out, or use another home"
            )
    with console.progress(console.words(ja="生成", en="Generating"), None) as advance:
        lines = [Line(number, record, ()) for number, record in enumerate(_counted(records, advance), start=2)]
    views.print_import(import_lines(engine, lines, at=at), as_json=as_json)


@app.command("import")
def import_command(
    home: Home,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV as docs/import-format.md describes it")],
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out instead of refusing the file")] = False,
    as_json: AsJson = False,
) -> None:
    """Take residents in from a CSV file: all of them or none, every bad line named by number, field and reason."""
    settings = _settings(home)
    engine = _open(home, settings)
    label = console.words(ja="読み込み", en="Importing")
    try:
        with console.progress(label, file.stat().st_size) as advance, file.open("rb") as stream:
            result = import_lines(engine, read_lines(_measured(stream, advance)), at=clock.now(), skip_bad=skip_bad)
    except ImportRefusedError as error:
        views.print_faults(error.faults, as_json=as_json)
        raise
    views.print_import(result, as_json=as_json)


@app.command()
def show(
    home: Home,
    resident: Annotated[str, typer.Argument(help="宛名番号")],
    history: Annotated[bool, typer.Option("--history", help="Every row of the history instead of the newest")] = False,
    numbers: Annotated[bool, typer.Option("--numbers", help="Show 個人番号 and 住民票コード in full")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one resident's record, household and history."""
    engine = _open(home, _settings(home))
    with read(engine) as connection:
        snapshot = latest(connection, [resident]).get(resident)
        if snapshot is None:
            raise resident_unknown()
        members = of_households(connection, [snapshot.record.household_id], numbers=False)
        entries = full_history(connection, resident)
    views.print_resident(snapshot, members, entries, whole_history=history, numbers=numbers, as_json=as_json)


@app.command("search")
def search_command(
    home: Home,
    text: Annotated[str, typer.Argument(help="Beginning of a name or reading, in any variant; or a 宛名番号")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="At most so many people")] = 50,
    struck: Annotated[bool, typer.Option("--struck", help="Find struck records (除票) too")] = False,
    as_json: AsJson = False,
) -> None:
    """Find residents by folded key: voicing, small kana, long vowels, spaces and variants make no difference."""
    engine = _open(home, _settings(home))
    with read(engine) as connection:
        found = search(connection, text, limit=limit, struck=struck)
    views.print_found(found, as_json=as_json)


@app.command()
def event(
    home: Home,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON as docs/import-format.md describes it")],
    as_json: AsJson = False,
) -> None:
    """Apply an event (転居, 転入, 転出, 氏名変更, 死亡, 出生, 支援措置 …); the same event_id again changes nothing."""
    engine = _open(home, _settings(home))
    try:
        with file.open("rb") as stream:
            change = read_event(stream.read(MAX_EVENT_BYTES + 1))
        applied = apply_event(engine, change, at=clock.now())
    except EventRefusedError as error:
        views.print_event_faults(error.faults, as_json=as_json)
        raise
    views.print_applied(applied, as_json=as_json)


def _settings(home: Path) -> InnerSettings:
    if not (home / CONFIG_FILE).is_file():
        raise WarifuError("home_not_set_up", f"the home holds no {CONFIG_FILE}", hint="set it up with: warifu-issuer init inner")
    return load_settings(InnerSettings, home)


def _open(home: Path, settings: InnerSettings) -> sa.Engine:
    engine = open_store(home, settings)
    with begin(engine) as connection:
        own_register(connection, Municipality(settings.municipality_code, settings.municipality_name))
    return engine


def _city(settings: InnerSettings, today: date) -> City:
    return City(settings.municipality_code, settings.municipality_name, settings.prefecture_name, today)


def _counted(records: Iterable[ResidentRecord], advance: Any) -> Iterator[ResidentRecord]:
    for record in records:
        yield record
        advance(1)


def _measured(stream: Iterable[bytes], advance: Any) -> Iterator[bytes]:
    for raw in stream:
        advance(len(raw))
        yield raw


def _create(path: Path) -> Any:
    """Open a new file for writing; an existing one is not overwritten."""
    try:
        return path.open("x", encoding="utf-8", newline="")
    except FileExistsError as error:
        raise WarifuError("file_exists", "the file exists already", hint="name another file, or remove it") from error
    except OSError as error:
        raise file_error(error) from error
