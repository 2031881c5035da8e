"""The root of `warifu-issuer`: what is mounted where.  A new group or command is one line in a table.

A module is imported only when one of its commands is called, so that no command pays for the others.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import typer
from typer.core import TyperGroup

#: ``module:attribute`` of a typer application, by the name of its group.
GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "residents": "issuer.cli.residents:app",
        "offer": "issuer.cli.offer:app",
        "status": "issuer.cli.status:app",
        "keys": "issuer.cli.keys:app",
        "audit": "issuer.cli.keys:audit_app",
        "vectors": "issuer.cli.vectors:vectors",
    }
)
#: ``module:attribute`` of a command function, by the name of the actor that it sets up or serves.
INIT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "inner": "issuer.cli.init_inner:init_inner",
        "front": "issuer.cli.init_front:init_front",
        "registrar": "issuer.cli.init_registrar:init_registrar",
    }
)
SERVE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "inner": "issuer.cli.serve_inner:serve_inner",
        "front": "issuer.cli.serve_front:serve_front",
        "registrar": "issuer.cli.serve_registrar:serve_registrar",
    }
)


class _Lazy(TyperGroup):
    """A group whose commands stand in a table and are imported when they are asked for."""

    table: Mapping[str, str] = MappingProxyType({})

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the table and of what was mounted directly."""
        return [*self.table, *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the command named, or return what was mounted directly."""
        if cmd_name not in self.table:
            return super().get_command(ctx, cmd_name)
        command = _load(self.table[cmd_name])
        command.name = cmd_name
        return command


def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False)
    alone.command()(found)
    return typer.main.get_command(alone)


class _Root(_Lazy):
    table = GROUPS


class _Init(_Lazy):
    table = INIT


class _Serve(_Lazy):
    table = SERVE


def _group(cls: type[_Lazy], text: str) -> typer.Typer:
    group = typer.Typer(cls=cls, help=text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    group.callback()(lambda: None)
    return group


app = _group(_Root, "割符 Warifu: the issuing side – a municipality, its front, and the trust services.")
app.add_typer(_group(_Init, "Set up an actor's home."), name="init")
app.add_typer(_group(_Serve, "Serve an actor until told to stop."), name="serve")
