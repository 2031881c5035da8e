"""Answers held against the query that they answer, after every presentation has been verified."""

from __future__ import annotations

from typing import Any

from tests.vectors.forge_dcql import CLAIMS, MDOC_ANSWER, MDOC_QUERY, TWO, VCT, asked, given, shown, without
from tests.vectors.forge_mdoc import COMMON
from tests.vectors.registry import Given, accepts, rejects
from tests.world.credentials import BASIC_FOUR

K = "dcql-answer"


@accepts(f"{K}/sd-jwt", "OpenID4VP 8.6", "name with IVS, birth date and prefecture, as asked for")
def sd_jwt() -> tuple[Given, Any]:
    """OpenID4VP 8.6: "Check that the set of Presentations returned satisfies all requirements defined in the Verifier's request"."""
    return given(asked(), shown()), None


@accepts(f"{K}/mdoc", "OpenID4VP 7.2", "two elements of an mdoc")
def mdoc() -> tuple[Given, Any]:
    """OpenID4VP 7.2.1: "Select the namespace referenced by the first component." """
    return given(MDOC_QUERY, MDOC_ANSWER), None


@accepts(f"{K}/second-claim-set", "OpenID4VP 6.4.1", "the second of two sets of claims")
def second_claim_set() -> tuple[Given, Any]:
    """OpenID4VP 6.4.1: "The order of the options conveyed in the `claim_sets` array expresses the Verifier's preference for what is
    returned; the Wallet SHOULD return the first option that it can satisfy."
    """
    claims = [{"id": "adult", "path": ["age_over_18"]}, {"id": "birth", "path": ["birthdate"]}]
    return given(asked(claims, claim_sets=[["adult"], ["birth"]]), shown(without("age_over_18"))), None


@accepts(f"{K}/one-option-of-two", "OpenID4VP 6.4.2", "basic-four in place of the resident record")
def one_option_of_two() -> tuple[Given, Any]:
    """OpenID4VP 6.4.2: "To satisfy a Credential Set Query, the Wallet MUST return presentations of a set of Credentials that match
    to one of the `options` inside the Credential Set Query."
    """
    answer = {"format": "dc+sd-jwt", "type": BASIC_FOUR.vct, "claims": {"name": "渡邉\U000e0102　葛\U000e0100子"}}
    return {"query": {"credentials": TWO, "credential_sets": [{"options": [["record"], ["four"]]}]}, "answer": {"four": [answer]}}, None


@accepts(f"{K}/unbound-where-allowed", "OpenID4VP 6.1", "not bound to its holder, where the query allows that")
def unbound_where_allowed() -> tuple[Given, Any]:
    """OpenID4VP 6.1: "`require_cryptographic_holder_binding`: OPTIONAL. A boolean which indicates whether the Verifier requires a
    Cryptographic Holder Binding proof. The default value is `true`".
    """
    return given(asked(require_cryptographic_holder_binding=False), shown(holder_bound=False)), None


@rejects(
    f"{K}/claim-missing", "OpenID4VP 8.6", "the birth date is not there", layer="query", code="answer_claim_missing", place="birthdate"
)
def claim_missing(broken: bool) -> Given:
    """OpenID4VP 6.4.1: "If `claims` is present, but `claim_sets` is absent, the Verifier requests all claims listed in `claims`." """
    return given(asked(), shown(without("birthdate") if broken else CLAIMS))


@rejects(
    f"{K}/nested-claim-missing",
    "OpenID4VP 7.1",
    "the address is there without its prefecture",
    layer="query",
    code="answer_claim_missing",
    place="address/prefecture",
)
def nested_claim_missing(broken: bool) -> Given:
    """OpenID4VP 7.1.1: "If the set of elements currently selected is empty, abort processing and return an error." """
    address = {"municipality": "割符市"} if broken else {"prefecture": "架空県"}
    return given(asked(), shown({**CLAIMS, "address": address}))


@rejects(
    f"{K}/no-object-on-the-way", "OpenID4VP 7.1.1", "the address is a text", layer="query", code="answer_claim_missing", place="address"
)
def no_object_on_the_way(broken: bool) -> Given:
    """OpenID4VP 7.1.1: "If any of the currently selected element(s) is not an object, abort processing and return an error." """
    return given(asked(), shown({**CLAIMS, "address": "架空県割符市" if broken else CLAIMS["address"]}))


@rejects(
    f"{K}/no-claim-set-complete",
    "OpenID4VP 6.4.1",
    "neither set of claims is complete",
    layer="query",
    code="answer_claim_missing",
    place="claim_sets",
)
def no_claim_set_complete(broken: bool) -> Given:
    """OpenID4VP 6.4.1: "If both `claims` and `claim_sets` are present, the Verifier requests one combination of the claims listed in
    `claim_sets`."
    """
    claims = [{"id": "adult", "path": ["age_over_18"]}, {"id": "birth", "path": ["birthdate"]}]
    kept = without("age_over_18", "birthdate") if broken else without("age_over_18")
    return given(asked(claims, claim_sets=[["adult"], ["birth"]]), shown(kept))


@rejects(
    f"{K}/element-missing",
    "OpenID4VP 7.2.1",
    "an element of an mdoc is not there",
    layer="query",
    code="answer_claim_missing",
    place="mdoc",
)
def element_missing(broken: bool) -> Given:
    """OpenID4VP 7.2.1: "If the data element does not exist in the Credential then abort processing and return an error." """
    claims = {**MDOC_ANSWER["claims"], **({COMMON: {}} if broken else {})}  # type: ignore[dict-item]
    return given(MDOC_QUERY, {**MDOC_ANSWER, "claims": claims})


@rejects(f"{K}/another-value", "OpenID4VP 6.4.1", "a resident of 隣町市", layer="query", code="answer_value_mismatch", place="value")
def another_value(broken: bool) -> Given:
    """OpenID4VP 6.4.1: "Verifiers MUST treat restrictions expressed using `values` as a best-effort way to improve user privacy"."""
    query = asked([{"path": ["issuing_municipality", "code"], "values": ["999997"]}])
    return given(query, shown({**CLAIMS, "issuing_municipality": {"code": "999989" if broken else "999997", "name": "割符市"}}))


@rejects(
    f"{K}/value-of-another-type",
    "OpenID4VP 6.4.1",
    "1 stands where true is asked for",
    layer="query",
    code="answer_value_mismatch",
    place="type",
)
def value_of_another_type(broken: bool) -> Given:
    """OpenID4VP 6.3: "If the `values` property is present, the Wallet SHOULD return the claim only if the type and value of the
    claim both match exactly for at least one of the elements in the array."
    """
    query = asked([{"path": ["age_over_18"], "values": [True]}])
    return given(query, shown({**CLAIMS, "age_over_18": 1 if broken else True}))


@rejects(
    f"{K}/name-normalised",
    "OpenID4VP 6.3",
    "渡邉 without its IVS stands where 渡邉󠄂 is asked for",
    layer="query",
    code="answer_value_mismatch",
    place="code points",
)
def name_normalised(broken: bool) -> Given:
    """OpenID4VP 6.3: "the type and value of the claim both match exactly for at least one of the elements in the array"."""
    query = asked([{"path": ["family_name"], "values": ["渡邉\U000e0102"]}])
    return given(query, shown({**CLAIMS, "family_name": "渡邉" if broken else "渡邉\U000e0102"}))


@rejects(
    f"{K}/another-type",
    "OpenID4VP 8.6",
    "basic-four under the id of the resident record",
    layer="query",
    code="answer_type_mismatch",
    place="type",
)
def another_type(broken: bool) -> Given:
    """OpenID4VP B.3.5: "`vct_values`: REQUIRED. A non-empty array of strings that specifies allowed values for the type of the
    requested Verifiable Credential."
    """
    return given(asked(), shown(type=BASIC_FOUR.vct if broken else VCT))


@rejects(
    f"{K}/another-format",
    "OpenID4VP 8.6",
    "an mdoc where an SD-JWT VC was asked for",
    layer="query",
    code="answer_format_mismatch",
    place="format",
)
def another_format(broken: bool) -> Given:
    """OpenID4VP 6.1: "`format`: REQUIRED. A string that specifies the format of the requested Credential." """
    return given(asked(), shown(format="mso_mdoc" if broken else "dc+sd-jwt"))


@rejects(f"{K}/unknown-id", "OpenID4VP 8.1", "an answer to a query that was not asked", layer="query", code="answer_unknown_id", place="id")
def unknown_id(broken: bool) -> Given:
    """OpenID4VP 8.1: "where the key is the `id` value used for a Credential Query in the DCQL query"."""
    case = given(asked(), shown())
    return {**case, "answer": {**case["answer"], **({"household": [shown()]} if broken else {})}}


@rejects(
    f"{K}/two-presentations",
    "OpenID4VP 8.1",
    "two presentations where one was asked for",
    layer="query",
    code="answer_count",
    place="count",
)
def two_presentations(broken: bool) -> Given:
    """OpenID4VP 8.1: "When `multiple` is omitted, or set to `false`, the array MUST contain only one Presentation." """
    return {"query": {"credentials": [asked()]}, "answer": {"record": [shown()] * (2 if broken else 1)}}


@rejects(
    f"{K}/second-credential-missing",
    "OpenID4VP 6.4.2",
    "one of two credentials is missing",
    layer="query",
    code="answer_incomplete",
    place="credentials",
)
def second_credential_missing(broken: bool) -> Given:
    """OpenID4VP 6.4.2: "If `credential_sets` is not provided, the Verifier requests presentations for all Credentials in
    `credentials` to be returned."
    """
    four = {} if broken else {"four": [{"format": "dc+sd-jwt", "type": BASIC_FOUR.vct, "claims": {"name": "x"}}]}
    return {"query": {"credentials": TWO}, "answer": {"record": [shown()], **four}}


@rejects(
    f"{K}/required-set-missing",
    "OpenID4VP 6.4.2",
    "no option of a required set is complete",
    layer="query",
    code="answer_incomplete",
    place="credential_sets",
)
def required_set_missing(broken: bool) -> Given:
    """OpenID4VP 6.4.2: "If the Wallet cannot deliver all non-optional Credentials requested by the Verifier according to these
    rules, it MUST NOT return any Credential(s)."
    """
    sets = [{"options": [["record", "four"]]}, {"options": [["record"]], "required": False}]
    four = {} if broken else {"four": [{"format": "dc+sd-jwt", "type": BASIC_FOUR.vct, "claims": {"name": "x"}}]}
    return {"query": {"credentials": TWO, "credential_sets": sets}, "answer": {"record": [shown()], **four}}


@rejects(
    f"{K}/not-bound",
    "OpenID4VP 6.1",
    "the presentation is not bound to its holder",
    layer="query",
    code="answer_not_bound",
    place="holder_bound",
)
def not_bound(broken: bool) -> Given:
    """OpenID4VP 6.1: "`require_cryptographic_holder_binding`: OPTIONAL. A boolean which indicates whether the Verifier requires a
    Cryptographic Holder Binding proof. The default value is `true`".
    """
    return given(asked(), shown(holder_bound=not broken))


@rejects(
    f"{K}/another-authority",
    "OpenID4VP 6.1.1.1",
    "issued under another root than was asked for",
    layer="query",
    code="answer_authority_mismatch",
    place="authority",
)
def another_authority(broken: bool) -> Given:
    """OpenID4VP 6.1.1.1: "The raw byte representation of this element MUST match with the AuthorityKeyIdentifier element of an X.509
    certificate in the certificate chain present in the Credential".
    """
    query = asked(trusted_authorities=[{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}])
    return given(query, shown(authority_key_ids=["AAAAAAAAAAAAAAAAAAAAAAAAAAA" if broken else "s9tIpPmhxdiuNkHMEWNpYim8S8Y"]))
