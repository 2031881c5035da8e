"""Queries held against what a wallet holds: which copies satisfy them."""

from __future__ import annotations

from typing import Any

from tests.vectors.forge_dcql import CLAIMS, MDOC_QUERY, TWO, VCT, asked
from tests.vectors.forge_mdoc import COMMON, NATIONAL
from tests.vectors.registry import Given, accepts, rejects
from tests.world.credentials import BASIC_FOUR, RESIDENT_RECORD

K = "dcql-match"
RECORD = {"id": "record-1", "format": "dc+sd-jwt", "type": VCT, "claims": CLAIMS}
FOUR = {"id": "four-1", "format": "dc+sd-jwt", "type": BASIC_FOUR.vct, "claims": {"name": "渡邉\U000e0102　葛\U000e0100子"}}
MDOC = {
    "id": "mdoc-1",
    "format": "mso_mdoc",
    "type": RESIDENT_RECORD.doctype,
    "claims": {COMMON: {"birth_date": "1974-05-03"}, NATIONAL: {"resident_prefecture": "架空県"}},
}
HELD = [RECORD, FOUR, MDOC]


def given(*queries: Given, held: list[Given] | None = None, **more: Any) -> Given:
    """Return what a case says: the query, and the wallet's copies in its order of preference."""
    return {"query": {"credentials": list(queries), **more}, "credentials": HELD if held is None else held}


def holding(**changes: Any) -> list[Given]:
    """Return the wallet's copies with members of the resident record replaced."""
    return [{**RECORD, **changes}, FOUR, MDOC]


def with_claims(**changes: Any) -> list[Given]:
    return holding(claims={**CLAIMS, **changes})


@accepts(f"{K}/sd-jwt", "OpenID4VP 6.4", "the resident record as SD-JWT VC")
def sd_jwt() -> tuple[Given, Any]:
    """OpenID4VP 6.4.1: "If `claims` is present, but `claim_sets` is absent, the Verifier requests all claims listed in `claims`." """
    return given(asked()), {"record": ["record-1"]}


@accepts(f"{K}/mdoc", "OpenID4VP 7.2", "the resident record as mdoc")
def mdoc() -> tuple[Given, Any]:
    """OpenID4VP 7.2.1: "Select the namespace referenced by the first component." """
    return given(MDOC_QUERY), {"record": ["mdoc-1"]}


@accepts(f"{K}/first-option", "OpenID4VP 6.4.2", "the verifier's first option can be had, so the second one is not given")
def first_option() -> tuple[Given, Any]:
    """OpenID4VP 6.2: "`options`: REQUIRED A non-empty array, where each value in the array is a list of Credential Query
    identifiers representing one set of Credentials that satisfies the use case."
    """
    return given(*TWO, credential_sets=[{"options": [["record"], ["four"]]}]), {"record": ["record-1"]}


@accepts(f"{K}/optional-set-left-out", "OpenID4VP 6.4.2", "what is not required does not leave")
def optional_set_left_out() -> tuple[Given, Any]:
    """OpenID4VP 6.4.2: "all of the Credential Set Queries in the `credential_sets` array where the `required` attribute is true or
    omitted, and optionally, any of the other Credential Set Queries."
    """
    sets = [{"options": [["record"]]}, {"options": [["four"]], "required": False}]
    return given(*TWO, credential_sets=sets), {"record": ["record-1"]}


@rejects(
    f"{K}/claim-not-held",
    "OpenID4VP 6.4.1",
    "a birth date that the copy does not hold",
    layer="query",
    code="no_match",
    place="claims/birthdate",
)
def claim_not_held(broken: bool) -> Given:
    """OpenID4VP 6.4.1: "If the Wallet cannot deliver all claims requested by the Verifier according to these rules, it MUST NOT return the
    respective Credential."
    """
    held = {name: value for name, value in CLAIMS.items() if name != "birthdate" or not broken}
    return given(asked(), held=holding(claims=held))


@rejects(
    f"{K}/another-value",
    "OpenID4VP 6.4.1",
    "a resident of another city",
    layer="query",
    code="no_match",
    place="claims/issuing_municipality",
)
def another_value(broken: bool) -> Given:
    """OpenID4VP 6.3: "If the `values` property is present, the Wallet SHOULD return the claim only if the type and value of the
    claim both match exactly for at least one of the elements in the array."
    """
    query = asked([{"path": ["issuing_municipality", "code"], "values": ["999997"]}])
    return given(query, held=with_claims(issuing_municipality={"code": "999989" if broken else "999997", "name": "割符市"}))


@rejects(f"{K}/value-of-another-type", "OpenID4VP 6.3", "true is held where 1 is asked for", layer="query", code="no_match", place="values")
def value_of_another_type(broken: bool) -> Given:
    """OpenID4VP 6.3: "the type and value of the claim both match exactly"."""
    return given(asked([{"path": ["age_over_18"], "values": [1 if broken else True]}]))


@rejects(
    f"{K}/name-without-ivs",
    "OpenID4VP 6.3",
    "渡邉 is asked for and 渡邉󠄂 is held",
    layer="query",
    code="no_match",
    place="values/code points",
)
def name_without_ivs(broken: bool) -> Given:
    """OpenID4VP 6.3: "the type and value of the claim both match exactly"."""
    return given(asked([{"path": ["family_name"], "values": ["渡邉" + ("" if broken else "\U000e0102")]}]))


@rejects(f"{K}/type-look-alike", "OpenID4VP B.3.5", "vct but for its case", layer="query", code="no_match", place="meta/vct_values")
def type_look_alike(broken: bool) -> Given:
    """SD-JWT VC 2.2.2.1: "Its value MUST be a case-sensitive string serving as an identifier for the type of the SD-JWT VC." """
    vct = VCT.replace("resident-record", "Resident-Record" if broken else "resident-record")
    return given(asked(meta={"vct_values": [vct]}))


@rejects(f"{K}/another-format", "OpenID4VP 6.1", "held as SD-JWT VC and asked for as mdoc", layer="query", code="no_match", place="format")
def another_format(broken: bool) -> Given:
    """OpenID4VP 6.1: "`format`: REQUIRED. A string that specifies the format of the requested Credential." """
    return given(MDOC_QUERY, held=[RECORD, *([] if broken else [MDOC])])


@rejects(
    f"{K}/another-namespace",
    "OpenID4VP 7.2.1",
    "the element is asked for in a namespace that does not hold it",
    layer="query",
    code="no_match",
    place="claims/namespace",
)
def another_namespace(broken: bool) -> Given:
    """OpenID4VP 7.2.1: "If the namespace does not exist in the mdoc then abort processing and return an error." """
    claims = [{"path": ["org.iso.18013.5.1" if broken else COMMON, "birth_date"]}]
    return given({**MDOC_QUERY, "claims": claims})


@rejects(
    f"{K}/second-not-held", "OpenID4VP 6.4.2", "one of two credentials is not held", layer="query", code="no_match", place="credentials"
)
def second_not_held(broken: bool) -> Given:
    """OpenID4VP 6.4.2: "If the Wallet cannot deliver all non-optional Credentials requested by the Verifier according to these
    rules, it MUST NOT return any Credential(s)."
    """
    return given(*TWO, held=[RECORD, *([] if broken else [FOUR])])


@rejects(
    f"{K}/no-option", "OpenID4VP 6.4.2", "no option of a required set can be had", layer="query", code="no_match", place="credential_sets"
)
def no_option(broken: bool) -> Given:
    """OpenID4VP 6.4.2: "If the Wallet cannot deliver all non-optional Credentials requested by the Verifier according to these
    rules, it MUST NOT return any Credential(s)."
    """
    return given(*TWO, held=[MDOC, *([] if broken else [FOUR])], credential_sets=[{"options": [["record"], ["four"]]}])


@rejects(
    f"{K}/unknown-id-in-set",
    "OpenID4VP 6.2",
    "an option names a query that is not there",
    layer="query",
    code="query_malformed",
    place="credential_sets/options",
)
def unknown_id_in_set(broken: bool) -> Given:
    """OpenID4VP 6.2: "The value of each element in the `options` array is a non-empty array of identifiers which reference elements
    in `credentials`."
    """
    return given(*TWO, credential_sets=[{"options": [["record"], ["household" if broken else "four"]]}])


@rejects(
    f"{K}/path-of-an-mdoc", "OpenID4VP 7.2", "a path of three into an mdoc", layer="query", code="query_malformed", place="claims/path"
)
def path_of_an_mdoc(broken: bool) -> Given:
    """OpenID4VP 7.2.1 (in our words): a path of other than two components, both strings, is an error."""
    path = [COMMON, "birth_date", *(["birth_date"] if broken else [])]
    return given({**MDOC_QUERY, "claims": [{"path": path}]})
