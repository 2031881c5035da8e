"""The page of all commands, docs/cli.md: made from the command objects themselves, so that no terminal's width is in it."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args, get_origin

import typer

from runtime.commands import LaterCommand
from verifier.cli.verify import parser as verify_parser

PROGRAMS: Final = ("issuer", "wallet", "verifier")
TITLES: Final = {"issuer": "交付側", "wallet": "ウォレット", "verifier": "検証側"}
#: What each command that prints JSON prints, as a file of docs/schemas.
SCHEMAS: Final = MappingProxyType(
    {
        "warifu-issuer residents generate": "residents",
        "warifu-issuer residents import": "residents",
        "warifu-issuer residents show": "residents",
        "warifu-issuer residents search": "residents",
        "warifu-issuer residents event": "residents",
        "warifu-issuer offer create": "issuer-offer",
        "warifu-issuer status show": "issuer-status",
        "warifu-issuer status explain": "issuer-status-explain",
        "warifu-issuer keys list": "issuer-keys",
        "warifu-issuer audit export": "issuer-audit",
        "warifu-issuer vectors": "vectors",
        "warifu-wallet accept": "wallet-received",
        "warifu-wallet refresh": "wallet-received",
        "warifu-wallet list": "wallet-copies",
        "warifu-wallet show": "wallet-copy",
        "warifu-wallet present": "wallet-presented",
        "warifu-wallet history": "wallet-history",
        "warifu-wallet trust list": "wallet-trust",
        "warifu-wallet vectors": "vectors",
        "warifu-verifier result": "verifier-result",
        "warifu-verifier vectors": "vectors",
        "warifu-verifier verify": "verifier-report",
        "warifu-verifier request create": "verifier-request",
        "warifu-verifier trust list": "verifier-trust",
        "warifu-verifier keys list": "verifier-keys",
        "warifu-verifier purposes list": "verifier-purposes",
        "warifu-verifier purposes show": "verifier-purpose",
    }
)
JAPANESE: Final = MappingProxyType(
    {
        "warifu-issuer residents generate": "架空の市を作る。同じ種と日からは同じ市ができる。",
        "warifu-issuer residents import": "CSV から住民を取り込む。全員か、誰も取り込まないか。",
        "warifu-issuer residents show": "住民一人の記載事項、世帯、履歴を表示する。",
        "warifu-issuer residents search": "氏名や振り仮名で住民を探す。異体字や仮名の違いは問わない。",
        "warifu-issuer residents event": "異動（転居、転入、転出、氏名変更、死亡、出生、支援措置など）を適用する。",
        "warifu-issuer offer create": "住民一人への交付の申込みを作る。五分以内に一度だけ使える。",
        "warifu-issuer status show": "証明の件数と状態リスト、または住民一人の証明を表示する。",
        "warifu-issuer status revoke": "証明一部を失効させる。取り消しはできない。",
        "warifu-issuer status close-lists": "今日の状態リストから番号を割り当てないようにする（復元の後）。",
        "warifu-issuer status explain": "証明一部に何があったかを監査記録から説明する。",
        "warifu-issuer keys list": "署名鍵の一覧。",
        "warifu-issuer keys rotate": "役割一つの鍵を新しくする。交付済みの証明は有効なまま。",
        "warifu-issuer audit verify": "監査記録の連鎖を検査する。",
        "warifu-issuer audit export": "監査記録を JSON で出力する。",
        "warifu-issuer vectors": "試験ベクトルを実行する。",
        "warifu-issuer init inner": "市区町村の内側（台帳と署名鍵）を設定する。",
        "warifu-issuer init front": "市区町村の公開側を設定する。記録も署名鍵も持たない。",
        "warifu-issuer init registrar": "登録局を設定する。",
        "warifu-issuer serve inner": "内側を動かす。交付、失効、状態リストの公表を行う。",
        "warifu-issuer serve front": "公開側を動かす。",
        "warifu-issuer serve registrar": "登録局を動かす。",
        "warifu-wallet init": "空のウォレットをパスフレーズで作る。",
        "warifu-wallet accept": "交付の申込みを使い、検証した証明を保存する。",
        "warifu-wallet refresh": "保留分と新しい証明を受け取り、古い証明を消す。",
        "warifu-wallet list": "保有する証明の一覧。",
        "warifu-wallet show": "証明一部の内容をすべて表示する。",
        "warifu-wallet export": "証明一部を、鍵を除いてファイルに書き出す。",
        "warifu-wallet delete": "証明と鍵を消す。相手に見せたものは消えない。",
        "warifu-wallet history": "誰に、いつ、何のために、どの項目を見せたか。",
        "warifu-wallet present": "検証者の求めを確かめ、同意を得てから提示する。",
        "warifu-wallet trust add": "ルート証明書を、示した用途に限って信頼する。",
        "warifu-wallet trust list": "信頼する証明書の一覧。",
        "warifu-wallet vectors": "試験ベクトルを実行する。",
        "warifu-verifier init": "検証者を設定する。",
        "warifu-verifier register": "登録局から証明書と目的の登録を受ける。更新にも使う。",
        "warifu-verifier serve": "検証者を動かす。",
        "warifu-verifier result": "求めの結果を読む。読むと項目の値は消える。",
        "warifu-verifier vectors": "試験ベクトルを実行する。",
        "warifu-verifier verify": "ファイルの証明または提示を、通信せずに検証する。",
        "warifu-verifier request create": "ウォレット一つへの求めを作り、リンクを表示する。",
        "warifu-verifier trust add": "ルート証明書を、示した用途に限って信頼する。",
        "warifu-verifier trust list": "信頼する証明書の一覧。",
        "warifu-verifier keys create": "業務用の鍵を作り、一度だけ表示する。",
        "warifu-verifier keys list": "業務用の鍵の一覧。鍵そのものは表示しない。",
        "warifu-verifier keys revoke": "業務用の鍵を無効にする。",
        "warifu-verifier purposes list": "目的の一覧。",
        "warifu-verifier purposes show": "目的一つと、それが作る問い合わせを表示する。",
        "warifu-verifier purposes lint": "目的のファイルを検査する。",
    }
)
HEAD: Final = """# Commands

Generated by `python -m tests.generate` from the commands themselves; do not edit.

- **Results** go to standard output, everything else to standard error. `--json` prints one JSON document, which the schema
  named with the command describes. 結果は標準出力、それ以外は標準エラー出力。
- **Exit codes**: 0 done or accepted, 1 rejected or refused, 2 wrong usage, 3 undetermined or unreachable (70 is a defect of
  ours). 終了コード: 0 完了・受理、1 拒否、2 使い方の誤り、3 判定不能・到達不能。
- **Errors** are two lines on standard error: `warifu-wallet: error: CODE: MESSAGE [CLAUSE]`, and `warifu-wallet: hint: …`
  where there is something to do.
- **Secrets** are never arguments: they are asked for on the terminal, or read from the descriptor that an option ending in
  `-fd` names, as in `--passphrase-fd 3 3<passphrase`. 秘密は引数にしない。
- **Language**: messages are Japanese where `WARIFU_LANG`, `LC_ALL`, `LC_MESSAGES` or `LANG` begins with `ja`, else English.
- `--home` can be given as `WARIFU_HOME` instead.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One argument or option as the page shows it."""

    name: str
    value: str
    default: str
    help: str
    required: bool = False
    flag: bool = False
    repeated: bool = False
    positional: bool = False

    @property
    def usage(self) -> str:
        """How a call gives it; empty for an option that can be left out."""
        word = self.value.split(" ")[0]  # without its range
        text = self.value if self.positional else f"{self.name} {word}"
        return text + (" …" if self.repeated else "") if self.required else ""


def root(program: str) -> Any:
    """Return the root group of ``issuer``, ``wallet`` or ``verifier``."""
    return typer.main.get_command(importlib.import_module(f"{program}.cli.application").app)


def loaded(command: Any) -> Any:
    """Return a command itself, whatever stood for it in a table."""
    return command.load() if isinstance(command, LaterCommand) else command


def commands(program: str) -> Iterator[tuple[str, Any]]:
    """Yield the full name and the object of every command of a program, in the order of its tables."""
    yield from _below(f"warifu-{program}", root(program))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    command = loaded(command)
    if not hasattr(command, "list_commands"):
        yield name, command
        return
    for child in command.list_commands(None):
        yield from _below(f"{name} {child}", command.get_command(None, child))


def rows(name: str, command: Any) -> list[Row]:
    """Return arguments and options of a command in the order of its definition."""
    if name == "warifu-verifier verify":  # answered without typer
        return [_of_argparse(action) for action in verify_parser()._actions if action.dest != "help"]
    return [_of_typer(parameter) for parameter in command.params]


def _of_typer(parameter: Any) -> Row:
    positional = parameter.param_type_name == "argument"
    flag = bool(getattr(parameter, "is_flag", False))
    return Row(
        name=" / ".join([*parameter.opts, *parameter.secondary_opts]),
        value="" if flag else parameter.metavar or (parameter.name.upper() if positional else _value(parameter)),
        default=_default(parameter),
        help=parameter.help or "",
        required=parameter.required,
        flag=flag,
        repeated=bool(parameter.multiple) or parameter.nargs == -1,
        positional=positional,
    )


def _value(parameter: Any) -> str:
    annotation = parameter.type_descriptor.annotation
    annotation = get_args(annotation)[0] if get_origin(annotation) is list else annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "|".join(str(member.value) for member in annotation)
    words = {str: "TEXT", int: "INTEGER", float: "NUMBER", Path: "PATH", datetime: "DATE"}
    word = "FD" if parameter.opts[0].endswith("-fd") else words[annotation]
    low, high = getattr(parameter, "min", None), getattr(parameter, "max", None)
    return word if low is None and high is None else f"{word} {'' if low is None else low}–{'' if high is None else high}"


def _default(parameter: Any) -> str:
    default = parameter.default
    if parameter.required:
        return "required"
    if default is None or default is False or default in ([], ()):
        return ""
    if default is True:
        return f"`{parameter.opts[0]}`"
    return f"`{default}`" if str(default) else ""


def _of_argparse(action: argparse.Action) -> Row:
    positional = not action.option_strings
    flag = action.nargs == 0
    value = "" if flag else str(action.metavar or "|".join(str(choice) for choice in action.choices or ()))
    default = "required" if action.required else f"`{action.default}`" if isinstance(action.default, str) else ""
    return Row(
        name="".join(action.option_strings) or str(action.metavar),
        value=value,
        default=default,
        help=action.help or "",
        required=action.required,
        flag=flag,
        repeated=isinstance(action, argparse._AppendAction) and "repeated" in (action.help or ""),
        positional=positional,
    )


def section(name: str, command: Any) -> str:
    """Return the text of one command."""
    found = rows(name, command)
    usage = " ".join([name, *(row.usage for row in found if row.usage), *(["[OPTIONS]"] if any(not row.required for row in found) else [])])
    lines = [f"### `{name}`", "", JAPANESE.get(name, ""), "", *(command.help or "").split("\n"), "", "```", usage, "```", ""]
    if found:
        lines += ["| Argument or option | Value | Default | |", "| --- | --- | --- | --- |", *map(_table_row, found), ""]
    if name in SCHEMAS:
        always = "" if any(row.name == "--json" for row in found) else "Always prints JSON. "
        lines += [f"{always}JSON: [{SCHEMAS[name]}](schemas/{SCHEMAS[name]}.schema.json)", ""]
    return "\n".join(lines)


def _table_row(row: Row) -> str:
    name = f"`{row.value}`" if row.positional else f"`{row.name}`"
    value = "" if row.positional or not row.value else f"`{_cell(row.value)}`" + (" …" if row.repeated else "")
    return f"| {_cell(name)} | {value} | {row.default} | {_cell(row.help)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def page() -> dict[str, str]:
    """Return docs/cli.md."""
    parts = [HEAD]
    for program in PROGRAMS:
        parts += [f"## `warifu-{program}` ({TITLES[program]})\n\n{root(program).help}\n", *(section(*found) for found in commands(program))]
    return {"docs/cli.md": "\n".join(parts).rstrip("\n") + "\n"}
