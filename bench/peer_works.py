"""Runs in the oracle environment: the same works in sd-jwt, pycose and pymdoccbor; prints one JSON line."""

import contextlib
import datetime
import io
import json
import statistics
import time

import cryptography.x509  # noqa: F401 - pymdoccbor needs it imported
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto.jwk import JWK
from pycose.algorithms import Es256
from pycose.headers import Algorithm
from pycose.keys import EC2Key
from pycose.messages import Sign1Message
from pymdoccbor.mdoc.issuer import MdocCborIssuer
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer

VALUES = {f"claim_{number:02}": f"値{number}の内容" for number in range(20)}


def median(work, rounds=15, repeat=5):
    work()
    samples = []
    for _ in range(rounds):
        started = time.perf_counter_ns()
        for _ in range(repeat):
            work()
        samples.append((time.perf_counter_ns() - started) / repeat / 1000)
    return statistics.median(samples)


def sd_jwt():
    key = JWK.generate(kty="EC", crv="P-256")

    def work():
        return SDJWTIssuer({SDObj(name): value for name, value in VALUES.items()}, key, sign_alg="ES256").sd_jwt_issuance

    return work


def pycose():
    private = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    parts = [number.to_bytes(32, "big") for number in (private.public_numbers.x, private.public_numbers.y, private.private_value)]
    key = EC2Key(crv="P_256", x=parts[0], y=parts[1], d=parts[2])

    def work():
        message = Sign1Message(phdr={Algorithm: Es256}, payload=bytes(1024))
        message.key = key
        return message.encode()

    return work


def pymdoccbor():
    private = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    parts = [number.to_bytes(32, "big") for number in (private.public_numbers.x, private.public_numbers.y, private.private_value)]
    now = datetime.datetime.now(datetime.UTC)
    certificate = {
        "country_name": "JP",
        "common_name": "bench",
        "not_valid_before": now - datetime.timedelta(days=1),
        "not_valid_after": now + datetime.timedelta(days=9),
    }
    key = {"KTY": "EC2", "CURVE": "P_256", "ALG": "ES256", "D": parts[2], "KID": b"bench"}

    def work():
        issuer = MdocCborIssuer(private_key=key, alg="ES256", cert_info=certificate)
        return issuer.new(
            doctype="example.catalogue.x.1",
            data={"example.catalogue.x.1": VALUES},
            validity={"issuance_date": now.date().isoformat(), "expiry_date": (now.date() + datetime.timedelta(days=9)).isoformat()},
            devicekeyinfo=None,
        )

    return work


def main():
    figures = {}
    works = {
        "sd-jwt 0.10.4 issue, 20 claims": sd_jwt,
        "pycose 1.1.0 COSE_Sign1 sign": pycose,
        "pymdoccbor 1.4.0 issue, 20 elements": pymdoccbor,
    }
    for name, make in works.items():
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            figures[name] = median(make())
    print(json.dumps(figures))


main()
