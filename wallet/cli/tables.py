"""Tables on the terminal: nothing in a cell is read as markup or as a command to the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runtime.console import safe_text


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table on stdout, folded to the terminal's width (80 columns where there is none)."""
    table = Table(title=Text(safe_text(title)), show_header=any(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(safe_text(cell)) for cell in row))
    Console().print(table)
