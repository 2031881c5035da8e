"""TLS files and contexts."""

from __future__ import annotations

import ipaddress
import ssl
import stat
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from runtime import tls
from schemas.errors import WarifuError
from tests.runtime.conftest import Certificates


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_root_is_made_once_and_keys_are_private(tmp_path: Path) -> None:
    first = tls.create_dev_root(tmp_path)
    content = first.certificate.read_bytes()
    assert tls.create_dev_root(tmp_path) == first
    assert first.certificate.read_bytes() == content
    assert stat.S_IMODE(first.key.stat().st_mode) == 0o600


def test_root_is_confined_to_this_machine(tmp_path: Path) -> None:
    constraints = load(tls.create_dev_root(tmp_path).certificate).extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert set(constraints.value.permitted_subtrees or ()) == {
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")),
        x509.IPAddress(ipaddress.ip_network("::1/128")),
    }


def test_server_certificate_names_what_was_asked(tmp_path: Path) -> None:
    at = datetime(2026, 4, 1, tzinfo=UTC)
    tls.create_dev_root(tmp_path, at=at)
    leaf = load(tls.issue_server_certificate(tmp_path, ["localhost", "127.0.0.1", "::1"], at=at).certificate)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(item) for item in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert leaf.not_valid_before_utc == at - timedelta(hours=1)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)


@pytest.mark.parametrize("host", ["city.example", "192.168.1.5", "localhost.evil.example", "0.0.0.0", ""])
def test_development_root_signs_no_other_name(tmp_path: Path, host: str) -> None:
    tls.create_dev_root(tmp_path)
    with pytest.raises(WarifuError) as error:
        tls.issue_server_certificate(tmp_path, ["localhost", host])
    assert error.value.code == "tls_host_not_loopback"
    assert not (tmp_path / "server.pem").exists()


def test_client_certificate_is_for_clients_alone(certificates: Certificates) -> None:
    usage = load(certificates.client.certificate).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usage.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_root_that_is_missing_open_or_mixed_up(tmp_path: Path) -> None:
    with pytest.raises(WarifuError) as error:
        tls.issue_server_certificate(tmp_path)
    assert error.value.code == "file_missing"
    root = tls.create_dev_root(tmp_path)
    root.key.chmod(0o644)
    with pytest.raises(WarifuError) as error:
        tls.issue_server_certificate(tmp_path)
    assert error.value.code == "file_not_private"
    root.key.chmod(0o600)
    root.certificate.write_bytes(tls.create_dev_root(tmp_path / "other").certificate.read_bytes())
    with pytest.raises(WarifuError) as error:
        tls.issue_server_certificate(tmp_path)
    assert error.value.code == "tls_root_invalid"
    root.certificate.write_bytes(b"junk")
    with pytest.raises(WarifuError) as error:
        tls.issue_server_certificate(tmp_path)
    assert error.value.code == "tls_root_invalid"


def test_contexts_verify_and_are_modern(certificates: Certificates) -> None:
    client = tls.client_context(certificates.root)
    assert (client.verify_mode, client.check_hostname) == (ssl.CERT_REQUIRED, True)
    server = tls.server_context(certificates.server.certificate, certificates.server.key, client_ca=certificates.client_ca)
    assert server.verify_mode == ssl.CERT_REQUIRED
    for context in (client, server):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        old = [item["name"] for item in context.get_ciphers() if item["protocol"] == "TLSv1.2"]
        assert old
        assert all(name.startswith("ECDHE-") and "-GCM-" in name for name in old)


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> str | None:
    """Shake hands in memory and return the protocol version."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=host)
    two = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (one, two):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return one.version()


def test_handshake_needs_the_right_name_root_and_version(certificates: Certificates) -> None:
    server = tls.server_context(certificates.server.certificate, certificates.server.key)
    assert handshake(tls.client_context(certificates.root), server, "localhost") == "TLSv1.3"
    assert handshake(tls.client_context(certificates.root), server, "127.0.0.1") == "TLSv1.3"
    for root, host in ((certificates.root, "city.example"), (certificates.other_root, "localhost")):
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(tls.client_context(root), server, host)
    old = tls.client_context(certificates.root)
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        handshake(old, server, "localhost")


def test_name_outside_of_the_constraints_is_refused_by_clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a root that were misused could not stand for another name."""
    root = tls.create_dev_root(tmp_path)
    monkeypatch.setattr(tls, "check_loopback_host", lambda _host: None)
    forged = tls.issue_server_certificate(tmp_path, ["city.example"])
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tls.client_context(root.certificate), tls.server_context(forged.certificate, forged.key), "city.example")


def test_unusable_files_are_typed(tmp_path: Path, certificates: Certificates) -> None:
    (tmp_path / "junk").write_bytes(b"junk")
    pairs = [
        (tmp_path / "junk", tmp_path / "junk"),
        (tmp_path / "none", tmp_path / "none"),
        (certificates.server.certificate, certificates.client.key),
    ]
    for certificate, key in pairs:
        with pytest.raises(WarifuError) as error:
            tls.server_context(certificate, key)
        assert error.value.code == "tls_files_invalid"
    with pytest.raises(WarifuError) as error:
        tls.client_context(tmp_path / "junk")
    assert error.value.code == "tls_files_invalid"
