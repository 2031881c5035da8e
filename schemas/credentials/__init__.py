"""WHAT is attested: each credential type defined once.

``claims`` says what a claim is, the ``*_items`` modules define the items of a resident record, ``types`` puts them together,
``catalogue`` binds the types to an ecosystem's names; ``outputs`` writes JSON Schema, type metadata, CDDL, issuer metadata and
samples from there.  The files in ``generated`` come from ``python -m tests.generate`` and a check fails when they drift.
"""

from schemas.credentials.catalogue import Catalogue, catalogue
from schemas.credentials.claims import AppliesTo, ClaimDefinition, ClaimPath, Element, Kind, Release, SpecialRequest, Text
from schemas.credentials.credential_type import Content, CredentialType, TypeDefinition, check_content, check_special_request
from schemas.credentials.number_lint import refuse_numbers
from schemas.credentials.person_items import AGE_THRESHOLDS, sex_code

__all__ = [
    "AGE_THRESHOLDS",
    "AppliesTo",
    "Catalogue",
    "ClaimDefinition",
    "ClaimPath",
    "Content",
    "CredentialType",
    "Element",
    "Kind",
    "Release",
    "SpecialRequest",
    "Text",
    "TypeDefinition",
    "catalogue",
    "check_content",
    "check_special_request",
    "refuse_numbers",
    "sex_code",
]
