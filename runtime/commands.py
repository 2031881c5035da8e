"""Commands that stand in a table and are imported only when one of them is called, so that none pays for the others.

A root is a :class:`typer.Typer` from :func:`group`; ``--help`` of a group prints the summaries of its table and imports no
command either.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is found and what the list of commands says of it.

    Attributes:
        target: ``module:attribute`` of a command function or of a typer application.
        summary: the first paragraph of the command's own help, word for word.
    """

    target: str
    summary: str


class LaterCommand(TyperCommand):
    """Stands for a command that has not been imported."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, help=entry.summary)
        self._target = entry.target

    def load(self) -> Any:
        """Import the command or group itself and return it under its name."""
        module, _, attribute = self._target.partition(":")
        command = _command_of(getattr(importlib.import_module(module), attribute))
        command.name = self.name
        return command

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments as the command itself does; what is invoked afterwards is the command of that context."""
        return self.load().make_context(info_name, args, parent=parent, **extra)


class TableGroup(TyperGroup):
    """A group whose commands stand in ``table``, beside what is mounted directly."""

    table: Mapping[str, Entry] = MappingProxyType({})

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the table, then those mounted directly."""
        return [*self.table, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command named, or what stands for it until it is used."""
        if cmd_name in self.table:
            return LaterCommand(cmd_name, self.table[cmd_name])
        return super().get_command(ctx, cmd_name)


def group(text: str, table: Mapping[str, Entry]) -> typer.Typer:
    """Return an application whose commands are those of ``table``; others may be added to it as usual."""
    cls = type("TableGroupOfThese", (TableGroup,), {"table": table})
    made = typer.Typer(cls=cls, help=text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    made.callback()(lambda: None)  # stays a group, however few commands it has
    return made


def _command_of(found: Any) -> Any:
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False)
    alone.command()(found)
    return typer.main.get_command(alone)
