"""An offer by reference makes the wallet fetch an address that a stranger chose (threat C06)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from schemas.errors import UndeterminedError, WarifuError
from wallet.cli.receiving import read_offer
from wallet.settings import WalletSettings

INSIDE = [
    "https://127.0.0.1/offer",
    "https://127.0.0.1:8443/offer",
    "https://10.0.0.1/offer",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/offer",
    "https://0.0.0.0/offer",
    "https://[::1]/offer",
    "https://[::ffff:127.0.0.1]/offer",
    "https://[fd00::1]/offer",
    "https://localhost/offer",
]
MALFORMED = [
    "http://issuer.example/offer",
    "file:///etc/passwd",
    "data:application/json,{}",
    "ftp://issuer.example/offer",
    "https://user:secret@issuer.example/offer",
    "https://2130706433/offer",
    "https://0x7f.1/offer",
]


def refusal(uri: str, settings: WalletSettings) -> WarifuError:
    with pytest.raises(WarifuError) as caught:
        read_offer(f"openid-credential-offer://?credential_offer_uri={quote(uri, safe='')}", settings)
    return caught.value


@pytest.mark.parametrize("uri", INSIDE)
def test_nothing_inside_a_network_is_fetched(uri: str) -> None:
    error = refusal(uri, WalletSettings())
    assert (error.code, isinstance(error, UndeterminedError)) == ("fetch_refused", False)


@pytest.mark.parametrize("uri", MALFORMED)
def test_no_other_address_than_plain_https_is_fetched(uri: str) -> None:
    assert not isinstance(refusal(uri, WalletSettings()), UndeterminedError)


def test_a_development_origin_opens_itself_alone() -> None:
    settings = WalletSettings(development_origins=("https://localhost:8443",))
    assert refusal("https://localhost:8444/offer", settings).code == "fetch_refused"
    assert refusal("https://127.0.0.1:8443/offer", settings).code == "fetch_refused"


def test_an_offer_comes_by_value_or_by_reference_and_never_both() -> None:
    with pytest.raises(WarifuError):
        read_offer("openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=https%3A%2F%2Fissuer.example", WalletSettings())
