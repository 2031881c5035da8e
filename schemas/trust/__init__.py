"""WHO may sign: anchors with a purpose, chains, certificate profiles, signing identities.

Trust is never optional: :func:`check_chain` has no default anchors, and an empty set trusts nothing.
"""

from schemas.trust.anchors import Anchors, TrustAnchor, TrustPurpose
from schemas.trust.certificates import Authority, Subject, build_intermediate, build_leaf, build_root
from schemas.trust.chain import SignerIdentity, check_chain, check_path_times
from schemas.trust.profiles import EXTENDED_KEY_USAGE, municipality_of, organization_identifier
from schemas.trust.signing import SigningIdentity

__all__ = [
    "EXTENDED_KEY_USAGE",
    "Anchors",
    "Authority",
    "SignerIdentity",
    "SigningIdentity",
    "Subject",
    "TrustAnchor",
    "TrustPurpose",
    "build_intermediate",
    "build_leaf",
    "build_root",
    "check_chain",
    "check_path_times",
    "municipality_of",
    "organization_identifier",
]
