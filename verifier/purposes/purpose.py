"""A purpose: the question, the words that the holder reads, and how strict the answer is judged.

The policy of a decision comes from here and from the anchor, never from what was presented (design, section 3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from schemas.credentials import Catalogue, CredentialType
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json, parse_json_object
from schemas.messages.dcql import MSO_MDOC, SD_JWT_VC, Query, parse_query
from schemas.messages.openid4vp import ResponseMode
from schemas.messages.registration import RegisteredPurpose

HOLDER_RELATIONS: Final = frozenset({"parent", "guardian", "agent"})
MAX_TEXT: Final = 400
MAX_AGE_LIMIT: Final = 24 * 3600
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_MEMBERS: Final = frozenset(
    {
        "name",
        "text",
        "credentials",
        "credential_sets",
        "max_status_age",
        "holder_relations",
        "accept_undetermined_status",
        "same_holder",
        "response_mode",
    }
)
_CREDENTIAL_MEMBERS: Final = frozenset({"id", "type", "vct", "doctype", "format", "claims", "values", "multiple"})


@dataclass(frozen=True, eq=False)
class Purpose:
    """One purpose; compared by identity, so that what follows from it can be kept beside it.

    Attributes:
        text: by language, ``ja`` and ``en``.
        query: what is asked for.
        max_status_age: how old a status may be when it is relied on; None leaves it to the list's own ttl.
        holder_relations: relations of a holder who is not the subject, that are accepted.
        accept_undetermined_status: take a credential whose status could not be had; named in every report.
        same_holder: credentials of one answer must be bound to one holder key; false only where wallets of another
            ecosystem keep a key for each credential.
    """

    name: str
    text: Mapping[str, str]
    query: Query
    response_mode: ResponseMode
    max_status_age: timedelta | None
    holder_relations: frozenset[str]
    accept_undetermined_status: bool
    same_holder: bool

    @cached_property
    def types(self) -> frozenset[str]:
        """Every ``vct`` and ``docType`` that the purpose accepts."""
        return frozenset().union(*(credential.types for credential in self.query.credentials))


def parse_purpose(document: Mapping[str, Any], catalogue: Catalogue) -> Purpose:
    """Read a purpose as its TOML file has it.

    Claims are named as the catalogue names them (``address.prefecture``) and become paths of the format; a credential of
    another ecosystem gives ``vct`` or ``doctype`` and paths as arrays.

    Raises:
        WarifuError: ``purpose_invalid`` with the place that is wrong, or a query error.
    """
    _check_members(document, _MEMBERS, "the purpose")
    name = document.get("name")
    if not isinstance(name, str) or _NAME.match(name) is None:
        raise _invalid("name is made of small letters, digits and hyphens")
    entries = document.get("credentials")
    if not isinstance(entries, list) or not entries:
        raise _invalid("credentials is a non-empty array of tables")
    query: dict[str, Any] = {"credentials": [_credential(entry, catalogue) for entry in entries]}
    if "credential_sets" in document:
        query["credential_sets"] = document["credential_sets"]
    return Purpose(
        name=name,
        text=_texts(document.get("text")),
        query=parse_query(query),
        response_mode=_response_mode(document.get("response_mode", "direct_post.jwt")),
        max_status_age=_age(document.get("max_status_age")),
        holder_relations=_relations(document.get("holder_relations", [])),
        accept_undetermined_status=_flag(document, "accept_undetermined_status", default=False),
        same_holder=_flag(document, "same_holder", default=True),
    )


def _credential(entry: object, catalogue: Catalogue) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise _invalid("a credential is a table")
    _check_members(entry, _CREDENTIAL_MEMBERS, "a credential")
    if sum(name in entry for name in ("type", "vct", "doctype")) != 1:
        raise _invalid("a credential names exactly one of type, vct and doctype")
    known = catalogue.by_name(entry["type"]) if "type" in entry else None
    format_id = entry.get("format", MSO_MDOC if "doctype" in entry else SD_JWT_VC)
    if format_id not in (SD_JWT_VC, MSO_MDOC):
        raise _invalid("format is dc+sd-jwt or mso_mdoc")
    result: dict[str, Any] = {"id": entry.get("id"), "format": format_id, "meta": _meta(entry, known, format_id)}
    claims = entry.get("claims", [])
    if claims:
        values = entry.get("values", {})
        result["claims"] = [wanted for claim in claims for wanted in _claims(claim, known, format_id, values)]
    if entry.get("multiple", False):
        result["multiple"] = True
    return result


def _meta(entry: Mapping[str, Any], known: CredentialType | None, format_id: str) -> dict[str, Any]:
    if format_id == SD_JWT_VC:
        return {"vct_values": [known.vct if known is not None else entry.get("vct")]}
    return {"doctype_value": known.doctype if known is not None else entry.get("doctype")}


def _claims(claim: object, known: CredentialType | None, format_id: str, values: object) -> list[dict[str, Any]]:
    if isinstance(claim, str) and known is not None:
        paths = catalogue_paths(known, claim, format_id)
    elif isinstance(claim, list) and known is None:
        paths = [tuple(claim)]
    else:
        raise _invalid("claims are names of the catalogue's type, or paths as arrays where the type is foreign")
    wanted = values.get(claim) if isinstance(values, dict) and isinstance(claim, str) else None
    return [{"path": list(path)} if wanted is None else {"path": list(path), "values": wanted} for path in paths]


def catalogue_paths(known: CredentialType, name: str, format_id: str) -> list[tuple[str, ...]]:
    """Return the paths of a claim of the catalogue, or of the group below it (``address``), in one format.

    Raises:
        WarifuError: ``purpose_invalid`` where the type has no such claim in this format.
    """
    defined = [claim for claim in known.claims if claim.name == name or claim.name.startswith(f"{name}.")]
    paths: list[tuple[str, ...]]
    if format_id == MSO_MDOC:
        paths = [known.places(claim)[0] for claim in defined if claim.elements]
    else:
        paths = [tuple(name.split("."))] if any(claim.in_sd_jwt for claim in defined) else []
    if not paths:
        raise _invalid(f"the type {known.name} has no claim {name} in the format {format_id}")
    return paths


def registered_purpose_of(purpose: Purpose) -> RegisteredPurpose:
    """Return the form in which the registrar holds and signs this purpose: types and claims, no policy."""
    paths = {
        tuple(component for component in claim.path if isinstance(component, str))
        for credential in purpose.query.credentials
        for claim in credential.claims
    }
    return RegisteredPurpose(purpose.name, purpose.text, purpose.types, frozenset(paths))


def snapshot(purpose: Purpose) -> bytes:
    """Return the purpose as JSON, for a session that outlives an edit of the file."""
    return dump_json(
        {
            "name": purpose.name,
            "text": dict(purpose.text),
            "query": purpose.query.document(),
            "response_mode": purpose.response_mode,
            "max_status_age": None if purpose.max_status_age is None else int(purpose.max_status_age.total_seconds()),
            "holder_relations": sorted(purpose.holder_relations),
            "accept_undetermined_status": purpose.accept_undetermined_status,
            "same_holder": purpose.same_holder,
        }
    )


def purpose_from_snapshot(data: bytes) -> Purpose:
    """Read what :func:`snapshot` wrote."""
    document = parse_json_object(data)
    return Purpose(
        name=document["name"],
        text=document["text"],
        query=parse_query(document["query"]),
        response_mode=document["response_mode"],
        max_status_age=_age(document["max_status_age"]),
        holder_relations=frozenset(document["holder_relations"]),
        accept_undetermined_status=document["accept_undetermined_status"],
        same_holder=document["same_holder"],
    )


def _check_members(document: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    for name in document:
        if name not in known:
            raise _invalid(f"{what} has the unknown key {name}")


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not {"ja", "en"} <= value.keys():
        raise _invalid("text has a Japanese and an English version, ja and en")
    for words in value.values():
        if not isinstance(words, str) or not 0 < len(words) <= MAX_TEXT or not words.isprintable():
            raise _invalid(f"a text is one line of at most {MAX_TEXT} characters")
    return value


def _response_mode(value: object) -> ResponseMode:
    if value not in ("direct_post", "direct_post.jwt"):
        raise _invalid("response_mode is direct_post or direct_post.jwt")
    return value


def _age(value: object) -> timedelta | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_AGE_LIMIT:
        raise _invalid(f"max_status_age is a number of seconds up to {MAX_AGE_LIMIT}")
    return timedelta(seconds=value)


def _relations(value: object) -> frozenset[str]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not set(value) <= HOLDER_RELATIONS:
        raise _invalid(f"holder_relations are among {', '.join(sorted(HOLDER_RELATIONS))}")
    return frozenset(value)


def _flag(document: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = document.get(name, default)
    if not isinstance(value, bool):
        raise _invalid(f"{name} is true or false")
    return value


def _invalid(message: str) -> WarifuError:
    return WarifuError("purpose_invalid", message, hint="correct the file of the purpose", layer="policy")
