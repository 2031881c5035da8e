"""What the city says about how to reach it: the front's metadata, looked through and signed (OpenID4VCI 1.0 12.2.3).

The front writes the document, since it knows its endpoints and holds the key for encrypted requests; the inner side signs
it, since it holds the city's keys.  A front in other hands would have its own words signed, so the inner side signs nothing
that it cannot judge: no unknown member, no address but the issuer's own, no credential and no name but the city's, no
weaker encryption.  Left to the front are the names of its endpoints, its batch size and its public key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from issuer.municipality.credentials.profile import FORMATS, Profile
from issuer.municipality.frontier import Front
from schemas.credentials.outputs.issuer_metadata import claims_description, display_description
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json, parse_json
from schemas.formats.jose import key_from_jwk
from schemas.messages.openid4vci import (
    MAX_PROOFS,
    MSO_MDOC,
    IssuerMetadata,
    build_configuration,
    build_signed_metadata,
    check_signed_metadata,
    parse_issuer_metadata,
)
from schemas.messages.openid4vci.credential import RESPONSE_ALG, RESPONSE_ENCS
from schemas.trust import Anchors, SigningIdentity

LIFE: Final = timedelta(days=2)
RENEWED_AFTER: Final = timedelta(days=1)
#: Seconds between two looks at the front's document.
LOOK_SECONDS: Final = 60.0

ENDPOINTS: Final = ("credential_endpoint", "nonce_endpoint", "deferred_credential_endpoint", "notification_endpoint")
#: Every member that may be signed, with the members of its own where it is an object of fixed form.
_MEMBERS: Final[Mapping[str, frozenset[str] | None]] = {
    **dict.fromkeys(("credential_issuer", *ENDPOINTS, "display", "credential_configurations_supported")),
    "credential_request_encryption": frozenset({"jwks", "enc_values_supported", "encryption_required"}),
    "credential_response_encryption": frozenset({"alg_values_supported", "enc_values_supported", "encryption_required"}),
    "batch_credential_issuance": frozenset({"batch_size"}),
}
_KEY_MEMBERS: Final = frozenset({"kty", "crv", "x", "y", "kid", "alg", "use"})
_LOCALE: Final = re.compile(r"[A-Za-z0-9-]{2,35}\Z")
_ENDPOINT_NAME: Final = re.compile(r"/[a-z][a-z_]{0,63}\Z")


@dataclass(slots=True)
class MetadataDesk:
    """Keeps the city's metadata signed; one for a process.

    Attributes:
        front: where the document comes from and goes back to.
        profile: what the city issues.
        names: the city's own names, the only ones that a wallet may be shown.
        identity: the metadata signer.
        anchors: the city's root, to read what was signed as a wallet would.
        now: the clock, aware UTC.
    """

    front: Front
    profile: Profile
    names: frozenset[str]
    identity: SigningIdentity
    anchors: Anchors
    now: Callable[[], datetime]
    _signed: tuple[bytes, datetime] | None = field(default=None, init=False)

    def renew(self) -> bool:
        """Sign the front's metadata where it is new here, has changed, or was signed a day ago; returns whether it was.

        Raises:
            WarifuError: ``metadata_not_ours``, or what its parsing and the front refuse; nothing was signed then, or it
                will be signed again at the next look.
        """
        at = self.now()
        unsigned = self.front.metadata()
        if self._signed is not None and self._signed[0] == unsigned and at - self._signed[1] < RENEWED_AFTER:
            return False
        document = check_metadata(unsigned, profile=self.profile, names=self.names)
        token = build_signed_metadata(document, identity=self.identity, issued_at=at, expires_at=at + LIFE)
        check_signed_metadata(token, expected_issuer=self.profile.issuer, anchors=self.anchors, at=at)
        self.front.put_metadata(token.encode("ascii"))
        self._signed = (unsigned, at)
        return True


def check_metadata(unsigned: bytes, *, profile: Profile, names: frozenset[str]) -> Mapping[str, Any]:
    """Return the front's metadata as parsed JSON where it says nothing but what the city would say itself.

    Raises:
        WarifuError: ``metadata_not_ours``, ``issuer_mismatch``, ``bad_issuer_metadata``, ``bad_jwk`` or an encoding error.
    """
    metadata = parse_issuer_metadata(unsigned, expected_issuer=profile.issuer)
    check_members(metadata.raw)
    check_endpoints(metadata)
    check_configurations(metadata.raw, profile)
    check_names(metadata, names)
    check_encryption(metadata)
    check_batch(metadata)
    return metadata.raw


def check_members(document: Mapping[str, Any]) -> None:
    """Nothing is signed whose meaning is not known here, such as an authorization server elsewhere."""
    for name, value in document.items():
        if name not in _MEMBERS:
            raise _not_ours("holds a member that this city does not sign")
        inner = _MEMBERS[name]
        if inner is not None and value.keys() - inner:
            raise _not_ours(f"holds a member inside {name} that this city does not sign")


def check_endpoints(metadata: IssuerMetadata) -> None:
    """Every endpoint lies directly under the issuer's own address, so that no code, token or proof is led elsewhere (C07)."""
    issuer = metadata.credential_issuer.rstrip("/")
    for name in ENDPOINTS:
        address = metadata.raw.get(name, f"{issuer}/absent")
        if not address.startswith(issuer) or _ENDPOINT_NAME.match(address[len(issuer) :]) is None:
            raise _not_ours(f"names another place as {name} than one directly under the issuer")


def check_configurations(document: Mapping[str, Any], profile: Profile) -> None:
    """What is offered is what the city issues, described in its own words."""
    if document["credential_configurations_supported"] != own_configurations(profile):
        raise _not_ours("describes other credentials than this city issues")


def own_configurations(profile: Profile) -> object:
    """Return ``credential_configurations_supported`` as this city would write it, in the form of parsed JSON."""
    entries = {
        f"{kind.name}-{suffix}": build_configuration(
            scope=f"{kind.name}-{suffix}",
            credential_format=name,
            type_name=kind.doctype if name == MSO_MDOC else kind.vct,
            display=display_description(kind),
            claims=claims_description(kind, name),
        )
        for kind in profile.catalogue.types
        for suffix, name in FORMATS.items()
    }
    text = dump_json(entries)
    return parse_json(text, max_bytes=len(text))


def check_names(metadata: IssuerMetadata, names: frozenset[str]) -> None:
    """The issuer is shown to holders by the city's own names, without a logo or anything else beside them."""
    for entry in metadata.display:
        name, locale = entry.get("name"), entry.get("locale")
        known = isinstance(name, str) and name in names and isinstance(locale, str) and _LOCALE.match(locale) is not None
        if not known or len(entry) != 2:
            raise _not_ours("shows the issuer by another name than the city's")


def check_encryption(metadata: IssuerMetadata) -> None:
    """Both directions can be encrypted, by nothing weaker than what this city does (C28)."""
    asked, answered = metadata.request_encryption, metadata.response_encryption
    if asked is None or answered is None:
        raise _not_ours("does without encryption")
    for key in asked.keys:
        if key.keys() - _KEY_MEMBERS:
            raise _not_ours("describes the key for requests by more than a key has")
        key_from_jwk(key)
    if answered.alg_values != (RESPONSE_ALG,) or not {*asked.enc_values, *answered.enc_values} <= set(RESPONSE_ENCS):
        raise _not_ours("names another way of encryption than this city's")


def check_batch(metadata: IssuerMetadata) -> None:
    """No more copies are promised at once than a job can hold."""
    if metadata.batch_size > MAX_PROOFS:
        raise _not_ours("promises more copies at once than this city makes")


def _not_ours(problem: str) -> WarifuError:
    return WarifuError(
        "metadata_not_ours",
        f"the metadata of the front {problem}; it was not signed",
        hint="bring front and inner side to the same version and settings; a front that nobody changed may be in other hands",
        clause="OpenID4VCI 1.0 12.2.3",
        layer="policy",
    )
