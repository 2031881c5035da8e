"""Runs in the oracle environment: one operation of sd-jwt, pymdoccbor or cwt; JSON request on stdin, JSON answer on stdout."""

import base64
import json
import sys

import cryptography.x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def unb64(text):
    """Return the bytes behind base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sd_jwt_verify(request):
    """Verify with sd-jwt 0.10.4; the key comes from the leaf in x5c."""
    from jwcrypto.jwk import JWK
    from sd_jwt.verifier import SDJWTVerifier

    def issuer_key(_issuer, header):
        leaf = cryptography.x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        return JWK.from_pem(leaf.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    verifier = SDJWTVerifier(request["presentation"], issuer_key, request.get("audience"), request.get("nonce"))
    return {"claims": verifier.get_verified_payload()}


def mdoc_verify(request):
    """Verify issuer signature, chain and digests with pymdoccbor 1.4.0."""
    from pymdoccbor.mdoc.verifier import MdocCbor

    root = cryptography.x509.load_der_x509_certificate(unb64(request["root"]))
    mdoc = MdocCbor()
    mdoc.loads(unb64(request["device_response"]).hex())
    if mdoc.verify(trusted_root_certs=[root]) is not True:
        raise ValueError("pymdoccbor did not verify it")
    return {}


def status_cwt(request):
    """Verify and decode a CWT status list with cwt 3.3.0; bits are read here, least significant first."""
    import zlib

    import cbor2
    from cwt import COSE, COSEKey

    key = COSEKey.from_jwk({**request["key"], "alg": "ES256", "use": "sig"})
    claims = cbor2.loads(COSE.new().decode(unb64(request["token"]), key))
    packed = claims[65533]
    data = zlib.decompress(packed["lst"])
    return {"statuses": [data[index >> 3] >> (index & 7) & 1 for index in request["indexes"]], "uri": claims[2], "bits": packed["bits"]}


OPERATIONS = {"sd_jwt_verify": sd_jwt_verify, "mdoc_verify": mdoc_verify, "status_cwt": status_cwt}


def main():
    request = json.load(sys.stdin)
    try:
        answer = {"ok": True, **OPERATIONS[request["operation"]](request)}
    except Exception as error:
        answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    sys.stdout.write("\n" + json.dumps(answer, default=str))


main()
