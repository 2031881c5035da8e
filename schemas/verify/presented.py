"""The two doors: what was presented, and what was received from an issuer."""

from __future__ import annotations

from datetime import datetime

from schemas.errors import WarifuError
from schemas.formats.encoding import MAX_CBOR_BYTES, b64url_decode
from schemas.trust import Anchors
from schemas.verify.mdoc import verify_mdoc
from schemas.verify.policy import MSO_MDOC, SD_JWT_VC, Expected, Policy, Verified
from schemas.verify.sd_jwt import verify_sd_jwt
from schemas.verify.status import StatusSource
from schemas.verify.steps import Trace


def verify_presented(
    presentation: str | bytes,
    *,
    format: str,  # noqa: A002 - the name that OpenID4VP gives it
    expected: Expected,
    anchors: Anchors,
    status: StatusSource | None,
    policy: Policy,
    at: datetime,
) -> Verified:
    """Verify one presentation: an SD-JWT with key binding or a DeviceResponse.

    Args:
        presentation: the compact text; for ``mso_mdoc`` bytes, or base64url text as OpenID4VP carries it.
        format: ``dc+sd-jwt`` or ``mso_mdoc``.
        expected: what this transaction asked for.
        anchors: who is trusted; nobody by default.
        status: where status lists come from; None where there are none, and then a demanded status is undetermined.
        policy: what the purpose demands.
        at: time of verification, aware.

    Returns:
        The verified credential; claims exist nowhere else.

    Raises:
        Refusal: rejected; ``.report`` tells the step, ``code``, ``layer``, ``clause`` and ``hint`` why.
        UndeterminedRefusal: a needed status could not be had and the policy does not accept that.
    """
    if format == SD_JWT_VC and isinstance(presentation, str):
        return verify_sd_jwt(presentation, presented=True, expected=expected, anchors=anchors, status=status, policy=policy, at=at)
    data = _as_mdoc(presentation, format)
    return verify_mdoc(data, presented=True, expected=expected, anchors=anchors, status=status, policy=policy, at=at)


def verify_issued(
    credential: str | bytes,
    *,
    format: str,  # noqa: A002 - the name that OpenID4VCI gives it
    expected: Expected,
    anchors: Anchors,
    status: StatusSource | None,
    policy: Policy,
    at: datetime,
) -> Verified:
    """Verify one credential as it comes from an issuer, bound to its holder but presented by nobody yet.

    A wallet runs this on receipt, an issuer before it hands over.  Arguments and errors as :func:`verify_presented`;
    ``expected.holder_key`` is the key that was proven, and ``nonce`` and ``audience`` play no part.
    """
    if format == SD_JWT_VC and isinstance(credential, str):
        return verify_sd_jwt(credential, presented=False, expected=expected, anchors=anchors, status=status, policy=policy, at=at)
    data = _as_mdoc(credential, format)
    return verify_mdoc(data, presented=False, expected=expected, anchors=anchors, status=status, policy=policy, at=at)


def _as_mdoc(given: str | bytes, format_: str) -> bytes:
    try:
        return _mdoc_bytes(given, format_)
    except WarifuError as error:
        raise Trace().refusal(error) from error


def _mdoc_bytes(given: str | bytes, format_: str) -> bytes:
    if format_ != MSO_MDOC:
        raise WarifuError(
            "format_not_supported",
            "the presentation is in no format that is verified here",
            hint="dc+sd-jwt as text, or mso_mdoc",
            clause="OpenID4VP B.2, B.3",
            layer="parse",
        )
    return b64url_decode(given, max_bytes=MAX_CBOR_BYTES) if isinstance(given, str) else given
