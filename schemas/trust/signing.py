"""A signer together with the certificates that tell others who it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.errors import WarifuError
from schemas.formats.jose import Signer, x5c_header


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """A key and its chain, leaf first, the root left out (HAIP 1.0 6.1.1).

    Attributes:
        chain_der: the same certificates in DER, as ``x5chain`` wants them.
        x5c: the same in base64, as the ``x5c`` header wants them.

    Raises:
        WarifuError: ``signer_certificate_mismatch`` where the leaf certifies another key.
    """

    signer: Signer
    chain: tuple[x509.Certificate, ...]
    chain_der: tuple[bytes, ...] = field(init=False, repr=False)
    x5c: list[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compare key and certificate once, so that nothing is ever signed that cannot be verified."""
        if not self.chain or self.chain[0].public_key() != self.signer.public_key:
            raise WarifuError(
                "signer_certificate_mismatch",
                "the certificate is not that of the signing key",
                hint="configure the certificate that was issued for this key, leaf first",
                clause="RFC 7515 4.1.6",
                layer="chain",
            )
        object.__setattr__(self, "chain_der", tuple(certificate.public_bytes(Encoding.DER) for certificate in self.chain))
        object.__setattr__(self, "x5c", x5c_header(self.chain_der))

    @property
    def certificate(self) -> x509.Certificate:
        """The leaf."""
        return self.chain[0]
