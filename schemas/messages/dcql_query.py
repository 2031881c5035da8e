"""What a DCQL query is made of, and its JSON form (OpenID4VP 1.0, section 6); read by ``schemas.messages.dcql``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from schemas.errors import WarifuError

SD_JWT_VC: Final = "dc+sd-jwt"
MSO_MDOC: Final = "mso_mdoc"

PathComponent: TypeAlias = str | int | None
QueryPath: TypeAlias = tuple[PathComponent, ...]
Scalar: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True)
class ClaimQuery:
    """One wanted claim: its path, and where given the only values that help."""

    path: QueryPath
    id: str | None = None
    values: tuple[Scalar, ...] | None = None
    intent_to_retain: bool | None = None

    def document(self) -> dict[str, Any]:
        """Return the JSON form (OpenID4VP 6.3)."""
        members = {"id": self.id, "path": list(self.path), "values": _list(self.values), "intent_to_retain": self.intent_to_retain}
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class TrustedAuthority:
    """A kind of authority and its acceptable identifiers, such as ``aki`` (OpenID4VP 6.1.1)."""

    type: str
    values: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"type": self.type, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class CredentialQuery:
    """One wanted credential (OpenID4VP 6.1).

    ``vct_values`` is filled for ``dc+sd-jwt``, ``doctype_value`` for ``mso_mdoc``; for any other format both are empty
    and nothing of ours matches.
    """

    id: str
    format: str
    meta: Mapping[str, Any]
    vct_values: tuple[str, ...] = ()
    doctype_value: str | None = None
    claims: tuple[ClaimQuery, ...] = ()
    claim_sets: tuple[tuple[str, ...], ...] = ()
    multiple: bool = False
    require_cryptographic_holder_binding: bool = True
    trusted_authorities: tuple[TrustedAuthority, ...] = ()

    @property
    def types(self) -> frozenset[str]:
        """The acceptable ``vct`` or ``docType`` values."""
        return frozenset(self.vct_values) if self.doctype_value is None else frozenset({self.doctype_value})

    def alternatives(self) -> tuple[tuple[ClaimQuery, ...], ...]:
        """Return the sets of claims of which one suffices, in the verifier's order of preference (OpenID4VP 6.4.1)."""
        if not self.claim_sets:
            return (self.claims,)
        by_id = {claim.id: claim for claim in self.claims}
        return tuple(tuple(by_id[name] for name in names) for names in self.claim_sets)

    def document(self) -> dict[str, Any]:
        """Return the JSON form; members at their default are left out."""
        result: dict[str, Any] = {"id": self.id, "format": self.format, "meta": dict(self.meta)}
        if self.multiple:
            result["multiple"] = True
        if not self.require_cryptographic_holder_binding:
            result["require_cryptographic_holder_binding"] = False
        if self.trusted_authorities:
            result["trusted_authorities"] = [authority.document() for authority in self.trusted_authorities]
        if self.claims:
            result["claims"] = [claim.document() for claim in self.claims]
        if self.claim_sets:
            result["claim_sets"] = [list(names) for names in self.claim_sets]
        return result


@dataclass(frozen=True, slots=True)
class CredentialSet:
    """Alternatives of credential queries of which one suffices (OpenID4VP 6.2)."""

    options: tuple[tuple[str, ...], ...]
    required: bool = True

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        members: dict[str, Any] = {"options": [list(option) for option in self.options]}
        return members if self.required else {**members, "required": False}


@dataclass(frozen=True, slots=True)
class Query:
    """A whole DCQL query."""

    credentials: tuple[CredentialQuery, ...]
    credential_sets: tuple[CredentialSet, ...] = ()

    def credential(self, identifier: str) -> CredentialQuery:
        """Return the credential query of that id; raises ``query_id_unknown``."""
        for credential in self.credentials:
            if credential.id == identifier:
                return credential
        raise query_error("query_id_unknown", "no credential query has this id", "OpenID4VP 8.1")

    def document(self) -> dict[str, Any]:
        """Return the JSON form that :func:`schemas.messages.dcql.parse_query` reads."""
        result: dict[str, Any] = {"credentials": [credential.document() for credential in self.credentials]}
        if self.credential_sets:
            result["credential_sets"] = [entry.document() for entry in self.credential_sets]
        return result


def _list(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)


def query_error(code: str, message: str, clause: str) -> WarifuError:
    """Return the error for a query that its verifier has to correct (not raised here)."""
    return WarifuError(code, message, hint="correct the DCQL query", clause=clause, layer="query")
