"""Signed request objects for sessions, and the links that lead wallets to them."""

from verifier.requests.objects import REQUEST_PATH, RESPONSE_PATH, RETURN_PATH, START_PATH, request_link, request_object, response_uri

__all__ = ["REQUEST_PATH", "RESPONSE_PATH", "RETURN_PATH", "START_PATH", "request_link", "request_object", "response_uri"]
