"""A credential type: its claims bound to a ``vct`` and a docType, and content written in either format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from schemas.credentials import number_lint
from schemas.credentials.claims import OWN, AppliesTo, ClaimDefinition, ClaimPath, Element, SpecialRequest, Text, unknown_claim
from schemas.credentials.values import OMITTED, checker, element_writer, json_writer
from schemas.errors import WarifuError

MSO_MDOC: Final = "mso_mdoc"

Content = Mapping[str, Any]
"""Flat: dotted claim name → str, bool, int or date. Only what is given is attested."""


@dataclass(frozen=True, eq=False)
class TypeDefinition:
    """A type before it is bound to the names of an ecosystem.

    Attributes:
        name: as in configuration identifiers, ``resident-record``.
        objects: label and description of each object that groups claims in an SD-JWT VC.
        background_color: of the card in a wallet.
    """

    name: str
    version: int
    label: Text
    description: Text
    background_color: str
    claims: tuple[ClaimDefinition, ...]
    objects: Mapping[str, tuple[Text, Text]]

    def bind(self, vct_base: str, doctype_prefix: str) -> CredentialType:
        """Return the type under an ecosystem's base URL and docType prefix."""
        vct = f"{vct_base.rstrip('/')}/{self.name}/{self.version}"
        return CredentialType(self, vct, f"{doctype_prefix}.{self.name.replace('-', '_')}.{self.version}")


@dataclass(frozen=True, slots=True)
class Plan:
    """One claim made ready for the hot path: check, JSON object and member, mdoc places, writers (``None``: as it is)."""

    check: Callable[[Any], None]
    parent: str | None
    leaf: str
    to_json: Callable[[Any], Any] | None
    places: tuple[tuple[str, str], ...]
    to_element: Callable[[Any], Any] | None


@dataclass(frozen=True, eq=False)
class CredentialType:
    """One credential type of a catalogue; everything about it is derived from ``definition``."""

    definition: TypeDefinition
    vct: str
    doctype: str

    @property
    def name(self) -> str:
        """Name as in configuration identifiers."""
        return self.definition.name

    @property
    def version(self) -> int:
        """Version; a change that breaks readers is a new one."""
        return self.definition.version

    @property
    def claims(self) -> tuple[ClaimDefinition, ...]:
        """All claims in display order."""
        return self.definition.claims

    @cached_property
    def sd_jwt_claims(self) -> tuple[ClaimDefinition, ...]:
        """The claims that an SD-JWT VC of this type can hold."""
        return tuple(claim for claim in self.claims if claim.in_sd_jwt)

    @cached_property
    def disclosable(self) -> frozenset[ClaimPath]:
        """Paths of everything disclosed one by one, objects included: ``("address",)`` and ``("address", "prefecture")``."""
        paths = {claim.path for claim in self.sd_jwt_claims if not claim.always}
        return frozenset(paths | {path[:-1] for path in paths if len(path) > 1})

    @cached_property
    def always(self) -> frozenset[ClaimPath]:
        """Paths of the claims disclosed in every presentation."""
        return frozenset(claim.path for claim in self.sd_jwt_claims if claim.always)

    @cached_property
    def always_elements(self) -> frozenset[tuple[str, str]]:
        """(namespace, element) of everything a wallet of ours releases with every mdoc of this type, once each."""
        return frozenset(self.places(claim)[0] for claim in self.claims if claim.always)

    @cached_property
    def digest_counts_sd_jwt(self) -> dict[ClaimPath, int]:
        """Fixed number of digests of each object: all that the type can hold there, so that a count tells nothing."""
        return dict(Counter(path[:-1] for path in self.disclosable))

    @cached_property
    def digest_counts_mdoc(self) -> dict[str, int]:
        """Fixed number of digests of each namespace."""
        return dict(Counter(namespace for claim in self.claims for namespace, _ in self.places(claim)))

    @cached_property
    def by_name(self) -> dict[str, ClaimDefinition]:
        """Dotted name → claim that takes content."""
        return {claim.name: claim for claim in self.claims if not claim.constant}

    @cached_property
    def by_element(self) -> dict[tuple[str, str], ClaimDefinition]:
        """(namespace, element) → claim."""
        return {place: claim for claim in self.claims for place in self.places(claim)}

    @cached_property
    def plans(self) -> dict[str, Plan]:
        """Dotted name → how the claim's content is checked and written."""
        return {name: self._plan(claim) for name, claim in self.by_name.items()}

    def places(self, claim: ClaimDefinition) -> tuple[tuple[str, str], ...]:
        """Return (namespace, element) of each place of ``claim`` in an mdoc of this docType."""
        return tuple((self._namespace(one), one.name) for one in claim.elements)

    def _plan(self, claim: ClaimDefinition) -> Plan:
        parent, _, leaf = claim.name.rpartition(".")
        return Plan(checker(claim), parent or None, leaf, json_writer(claim), self.places(claim), element_writer(claim))

    @cached_property
    def mandatory(self) -> frozenset[str]:
        """Dotted names that every content has."""
        return frozenset(name for name, claim in self.by_name.items() if claim.mandatory)

    @cached_property
    def _constants(self) -> tuple[tuple[str, str, str], ...]:
        return tuple((*place, claim.constant) for claim in self.claims if claim.constant for place in self.places(claim))

    def claim(self, path: ClaimPath) -> ClaimDefinition:
        """Return the claim at an SD-JWT path; raises ``unknown_claim``."""
        claim = self.by_name.get(".".join(path))
        if claim is None or not claim.in_sd_jwt:
            raise unknown_claim("at this path")
        return claim

    def claim_of_element(self, namespace: str, element: str) -> ClaimDefinition:
        """Return the claim of an mdoc element; raises ``unknown_claim``."""
        claim = self.by_element.get((namespace, element))
        if claim is None:
            raise unknown_claim("of this element")
        return claim

    def display(self, locale: str) -> dict[str, str]:
        """Return name and description of the type for people."""
        return {"name": self.definition.label.in_locale(locale), "description": self.definition.description.in_locale(locale)}

    def label(self, format_name: str, path: Sequence[str | int | None], locale: str) -> str | None:
        """Return the display text of a claim, or of an object of claims, in one format; ``None`` where the type has none."""
        place = tuple(str(part) for part in path)
        if format_name == MSO_MDOC:
            claim = self.by_element.get((place[0], place[1])) if len(place) == 2 else None
        else:
            group = self.definition.objects.get(place[0]) if len(place) == 1 else None
            if group is not None:
                return group[0].in_locale(locale)
            claim = self.by_name.get(".".join(place))
        return None if claim is None else claim.label.in_locale(locale)

    def to_sd_jwt_claims(self, content: Content) -> dict[str, Any]:
        """Return content as the nested JSON claims of an SD-JWT VC, without ``vct``, ``iss`` and the like.

        Raises:
            WarifuError: ``unknown_claim``, ``bad_claim_value``, ``bad_approximate_date``, ``claim_missing`` or
                ``forbidden_number``.
        """
        check_content(self, content)
        claims: dict[str, Any] = {}
        for name, value in content.items():
            plan = self.plans[name]
            target = claims if plan.parent is None else claims.setdefault(plan.parent, {})
            target[plan.leaf] = value if plan.to_json is None else plan.to_json(value)
        return claims

    def to_mdoc(self, content: Content) -> dict[str, dict[str, Any]]:
        """Return content as namespace → element → value; days are ``datetime.date``, encoded as tag 1004.

        Raises:
            WarifuError: as :meth:`to_sd_jwt_claims`.
        """
        check_content(self, content)
        namespaces: dict[str, dict[str, Any]] = {namespace: {} for namespace in self.digest_counts_mdoc}
        for name, value in content.items():
            plan = self.plans[name]
            written = value if plan.to_element is None else plan.to_element(value)
            if written is not OMITTED:
                for namespace, element in plan.places:
                    namespaces[namespace][element] = written
        for namespace, element, value in self._constants:
            namespaces[namespace][element] = value
        return namespaces

    def sample(self, kind: AppliesTo = AppliesTo.JAPANESE) -> dict[str, Any]:
        """Return content of a fictional Japanese or foreign resident with every item such a record can have."""
        values = {name: claim.sample_foreign if kind is AppliesTo.FOREIGN else claim.sample for name, claim in self.by_name.items()}
        return {name: value for name, value in values.items() if value is not None}

    def _namespace(self, element: Element) -> str:
        return self.doctype if element.namespace == OWN else element.namespace


def check_content(kind: CredentialType, content: Content) -> None:
    """Refuse content that the type does not define, that lacks what it demands, or that holds a forbidden number."""
    number_lint.refuse_numbers(content)
    missing = kind.mandatory.difference(content)
    if missing:
        raise WarifuError(
            "claim_missing", f"the content lacks {', '.join(sorted(missing))}", hint="every credential says who certified it, and when"
        )
    for name, value in content.items():
        plan = kind.plans.get(name)
        if plan is None:
            raise unknown_claim("of this name")
        plan.check(value)


def check_special_request(kind: CredentialType, content: Content, *, requested: Collection[SpecialRequest]) -> None:
    """Refuse content with items that the law leaves out unless specially requested (住民基本台帳法12条5項).

    Raises:
        WarifuError: ``not_specially_requested``.
    """
    present = {claim.special_request for name, claim in kind.by_name.items() if name in content and claim.special_request is not None}
    left_over = present.difference(requested)
    if left_over:
        raise WarifuError(
            "not_specially_requested",
            f"the content holds items that were not specially requested: {', '.join(sorted(left_over))}",
            hint="leave them out, or have the resident ask for them",
            clause="住民基本台帳法12条5項",
            layer="policy",
        )
