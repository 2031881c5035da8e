"""What arrives is checked before it is stored: signature, chain, issuer, content, binding, the batch as a whole (row D21)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import jwk_thumbprint
from schemas.messages.openid4vci import CredentialConfiguration
from schemas.trust import Anchors
from schemas.verify import Expected, Policy, Verified, verify_issued
from wallet.vault.entries import Format, StoredCopy

#: A fresh copy's list may not be out yet: its status is the verifier's affair, the wallet checks all else.
RECEIVING: Final = Policy(status="none")
#: What may differ between the copies of one batch beside their keys: times that an issuer did not round.
_TIMES: Final = frozenset({"iat", "nbf", "exp"})
#: What a holder can do about an issuer that sends something else than was asked for.
_TELL: Final = "nothing was stored: tell the municipality, and ask for a new offer"
_NO_END: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one answer has to be: which configuration, from whom, bound to which keys (thumbprints)."""

    grant_id: str
    issuer: str
    configuration: CredentialConfiguration
    keys: Collection[str]


def check_batch(credentials: Sequence[str], batch: Batch, *, anchors: Anchors, at: datetime) -> list[StoredCopy]:
    """Verify every credential of an answer and return the copies to be stored: all of them, or none.

    Raises:
        WarifuError: what :func:`schemas.verify.verify_issued` refuses, ``holder_key_missing``, ``holder_key_foreign``,
            ``issuer_mismatch``, ``batch_incomplete``, ``batch_unlike``.
    """
    verified = [_verify(text, batch, anchors, at) for text in credentials]
    for one in verified:
        check_bound_to_us(one, batch.keys)
        check_issuer_of_offer(one, batch.issuer)
    check_one_copy_a_key([_thumbprint(one) for one in verified], len(batch.keys))
    check_copies_alike(verified)
    return [_stored(text, one, batch, at) for text, one in zip(credentials, verified, strict=True)]


def _verify(text: str, batch: Batch, anchors: Anchors, at: datetime) -> Verified:
    format_id, type_name = _format(batch.configuration.format), batch.configuration.type or ""
    return verify_issued(
        text if format_id == "dc+sd-jwt" else b64url_decode(text),
        format=format_id,
        expected=Expected(types=frozenset({type_name}), key_binding="none"),
        anchors=anchors,
        status=None,
        policy=RECEIVING,
        at=at,
    )


def _format(name: str) -> Format:
    return "mso_mdoc" if name == "mso_mdoc" else "dc+sd-jwt"  # check_configurations has refused every other


def _thumbprint(verified: Verified) -> str:
    if verified.holder_key is None:
        raise WarifuError("holder_key_missing", "the credential is bound to no key", hint=_TELL, clause="HAIP 1.0 6.1", layer="key-binding")
    return b64url_encode(jwk_thumbprint(verified.holder_key))


def check_bound_to_us(verified: Verified, keys: Collection[str]) -> None:
    """The credential is bound to one of the keys that were proven for it, and to no other."""
    if _thumbprint(verified) not in keys:
        raise WarifuError(
            "holder_key_foreign",
            "the credential is bound to a key that is not ours",
            hint=_TELL,
            clause="OpenID4VCI 1.0 8.3",
            layer="key-binding",
        )


def check_issuer_of_offer(verified: Verified, issuer: str) -> None:
    """What came is signed by the issuer that offered it (threat row C07)."""
    if verified.issuer != issuer:
        raise WarifuError(
            "issuer_mismatch", "the credential names another issuer than the offer", hint=_TELL, clause="OpenID4VCI 1.0 14", layer="policy"
        )


def check_one_copy_a_key(bound_to: Sequence[str], asked: int) -> None:
    """Every proven key got exactly one copy, in whatever order they came (OpenID4VCI 1.0 8.3)."""
    if len(bound_to) != asked or len(set(bound_to)) != asked:
        raise WarifuError(
            "batch_incomplete", "the issuer did not send one copy for each key", hint=_TELL, clause="OpenID4VCI 1.0 8.3", layer="protocol"
        )


def check_copies_alike(batch: Sequence[Verified]) -> None:
    """The copies of one batch say the same: none is marked, and none speaks of somebody else (ARF ISSU_11)."""
    contents = [_content(verified) for verified in batch]
    if any(content != contents[0] for content in contents):
        raise WarifuError(
            "batch_unlike", "the copies of one batch do not say the same", hint=_TELL, clause="OpenID4VCI 1.0 8.3", layer="policy"
        )


def _content(verified: Verified) -> Mapping[str, Any]:
    return {name: value for name, value in verified.claims.items() if name not in _TIMES}


def _stored(text: str, verified: Verified, batch: Batch, at: datetime) -> StoredCopy:
    return StoredCopy(
        copy_id=secrets.token_hex(8),
        grant_id=batch.grant_id,
        configuration_id=batch.configuration.id,
        format=_format(batch.configuration.format),
        type=verified.type,
        issuer=batch.issuer,
        municipality=verified.municipality or "",
        holder_key=_thumbprint(verified),
        credential=text,
        received_at=at.isoformat(),
        valid_until=(verified.valid_until or _NO_END).isoformat(),
    )
