"""Tables on the terminal: nothing in a cell is read as markup or as a command to the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runtime.console import safe_text


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on stdout, folded to the terminal's width (80 columns where there is none)."""
    from rich.console import Console  # noqa: PLC0415 - what prints JSON or an error does not pay for tables
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=Text(safe_text(title)), show_header=any(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(safe_text(cell)) for cell in row))
    Console().print(table)
