"""What a vault holds, and how it is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json, parse_json_object
from wallet.vault.entries import Grant, HolderKey, Pending, Shown, StoredCopy

MAX_CONTENT_BYTES = 48 * 1024 * 1024


@dataclass(slots=True)
class VaultContent:
    """Everything inside the seal."""

    keys: dict[str, HolderKey] = field(default_factory=dict)
    copies: dict[str, StoredCopy] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    history: list[Shown] = field(default_factory=list)

    def copy(self, copy_id: str) -> StoredCopy:
        """Return the copy whose id begins with ``copy_id``; raises ``copy_unknown`` where none or several do."""
        found = [copy for identifier, copy in self.copies.items() if identifier.startswith(copy_id)] if copy_id else []
        if len(found) != 1:
            raise WarifuError("copy_unknown", "no single copy has this id", hint="warifu-wallet list shows the ids", layer="store")
        return found[0]

    def is_fresh(self, copy: StoredCopy, at: datetime) -> bool:
        """Tell whether a copy is valid and neither it nor its key was ever shown."""
        return copy.valid_at(at) and copy.shown_at is None and self.keys[copy.holder_key].shown_at is None

    def mark_shown(self, copy_ids: Iterable[str], at: datetime) -> None:
        """Note that copies and their keys are used up; the first time counts."""
        for copy_id in copy_ids:
            copy = self.copies[copy_id]
            key = self.keys[copy.holder_key]
            self.copies[copy_id] = replace(copy, shown_at=copy.shown_at or at.isoformat())
            self.keys[copy.holder_key] = replace(key, shown_at=key.shown_at or at.isoformat())

    def drop(self, copy_id: str) -> None:
        """Forget a copy, and its key where nothing else is bound to it."""
        gone = self.copies.pop(copy_id)
        self.drop_unused_keys([gone.holder_key])

    def drop_unused_keys(self, thumbprints: Iterable[str]) -> None:
        """Forget those of the keys that no copy and no awaited credential is bound to."""
        used = {copy.holder_key for copy in self.copies.values()} | {key for entry in self.pending for key in entry.keys}
        for thumbprint in thumbprints:
            if thumbprint not in used:
                self.keys.pop(thumbprint, None)

    def forget_everything_held(self) -> None:
        """Forget copies, keys, rights and what is awaited; the history stays."""
        for held in (self.keys, self.copies, self.grants, self.pending):
            held.clear()

    def to_bytes(self) -> bytes:
        """Return the content as JSON."""
        return dump_json(
            {
                "keys": [_plain(key) for key in self.keys.values()],
                "copies": [_plain(copy) for copy in self.copies.values()],
                "grants": [{**_plain(grant), "dpop_key": _plain(grant.dpop_key)} for grant in self.grants.values()],
                "pending": [_plain(entry) for entry in self.pending],
                "history": [_plain(entry) for entry in self.history],
            }
        )


def read_content(data: bytes) -> VaultContent:
    """Read what :meth:`VaultContent.to_bytes` wrote; raises ``vault_damaged`` for another shape."""
    try:
        document = parse_json_object(data, max_bytes=MAX_CONTENT_BYTES)
        keys = [HolderKey(**entry) for entry in document["keys"]]
        copies = [StoredCopy(**entry) for entry in document["copies"]]
        grants = [_grant(entry) for entry in document["grants"]]
        pending = [Pending(**_tuples(entry, "keys")) for entry in document["pending"]]
        history = [Shown(**_tuples(entry, "copies", "claims")) for entry in document["history"]]
    except (WarifuError, KeyError, TypeError) as error:
        raise WarifuError(
            "vault_damaged",
            "the vault's content has another shape than this version writes",
            hint="open it with the version that wrote it",
            layer="parse",
        ) from error
    return VaultContent(
        {key.thumbprint: key for key in keys},
        {copy.copy_id: copy for copy in copies},
        {grant.grant_id: grant for grant in grants},
        pending,
        history,
    )


def _grant(entry: Mapping[str, Any]) -> Grant:
    return Grant(**{**_tuples(entry, "configuration_ids"), "dpop_key": HolderKey(**entry["dpop_key"])})


def _tuples(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**entry, **{name: tuple(entry[name]) for name in names}}


def _plain(entry: HolderKey | StoredCopy | Grant | Pending | Shown) -> dict[str, Any]:
    return {item.name: getattr(entry, item.name) for item in fields(entry)}
