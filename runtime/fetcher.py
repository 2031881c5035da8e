"""The one way in which a process of ours calls an address that somebody else named (F01).

https alone, TLS verified, the address checked and pinned, no redirects, no proxies, no compression, a deadline for the
whole exchange and a cap on the body.  Every role uses this client; no other HTTP client is imported anywhere.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

import httpx

from runtime.addresses import Target, check_url
from runtime.connections import PinnedBackend, PinnedTransport, Resolver, deadline, resolve
from runtime.tls import client_context
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import dump_json, parse_json_object

MAX_BYTES: Final = 1024 * 1024
FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer.

    Attributes:
        status: HTTP status; what it means is the caller's affair (never 3xx).
        content_type: media type in lower case without parameters; empty where absent.
        body: at most the cap.
        headers: names in lower case; of repeated ones the values joined by commas.
    """

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> dict[str, Any]:
        """Return the body as one JSON object read strictly; raises as ``parse_json_object``."""
        return parse_json_object(self.body, max_bytes=max(len(self.body), 1))


class GuardedFetcher:
    """A client for addresses that others name; safe to share between threads, closed at the end."""

    def __init__(
        self,
        allowed_dev_origins: frozenset[str] = frozenset(),
        ca_file: Path | None = None,
        timeout: float = 5,
        max_bytes: int = MAX_BYTES,
        *,
        client_certificate: tuple[Path, Path] | None = None,
        transport: httpx.BaseTransport | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        """Configure the client.

        Args:
            allowed_dev_origins: exact origins (``https://localhost:8443``) for which the address rule alone is lifted.
            ca_file: PEM of the roots to trust; the Mozilla set where absent.
            timeout: seconds for a whole exchange, name resolution to last byte.
            max_bytes: cap on a body, unless the call names another.
            client_certificate: (certificate, key) as PEM files, for mutual TLS.
            transport: stands in for the network in tests of flows; URL rules, caps and redirects hold all the same.
            resolver: name → addresses, for tests.
        """
        self._origins = frozenset(check_url(origin).origin for origin in allowed_dev_origins)
        self._timeout = timeout
        self._max_bytes = max_bytes
        if transport is None:
            transport = PinnedTransport(client_context(ca_file, client_certificate), PinnedBackend(self._origins, resolver))
        # the transport alone, without httpx.Client: no redirects, proxies, cookies or netrc files that would have to be turned off
        self._transport = transport

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        max_bytes: int | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Fetched:
        """Fetch ``url``.

        Args:
            accept: the one media type wanted, or several separated by commas; a 2xx answer of another type is refused.
            max_bytes: cap on the body.
            headers: further request headers.
            timeout: seconds for the whole exchange, for long polls.

        Raises:
            UndeterminedError: ``unreachable``, ``tls_not_trusted``.
            WarifuError: ``fetch_refused``, ``fetch_redirected``, ``fetch_too_large``, ``fetch_wrong_type``,
                ``fetch_encoded``, ``fetch_broken``.
        """
        sent = {**(headers or {}), "accept": accept}
        fetched = self.request("GET", url, headers=sent, max_bytes=max_bytes, timeout=timeout)
        if 200 <= fetched.status < 300:
            check_media_type(fetched, accept)
        return fetched

    def post(
        self,
        url: str,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        *,
        max_bytes: int | None = None,
        timeout: float | None = None,
    ) -> Fetched:
        """Send ``body``; raises as :meth:`get`."""
        sent = {**(headers or {}), "content-type": content_type}
        return self.request("POST", url, body=body, headers=sent, max_bytes=max_bytes, timeout=timeout)

    def post_form(self, url: str, data: Mapping[str, str], headers: Mapping[str, str] | None = None, **limits: Any) -> Fetched:
        """Send ``data`` as a form; raises as :meth:`get`."""
        return self.post(url, urlencode(data).encode("ascii"), FORM, headers, **limits)

    def post_json(self, url: str, obj: Mapping[str, Any], headers: Mapping[str, str] | None = None, **limits: Any) -> Fetched:
        """Send ``obj`` as JSON; raises as :meth:`get`."""
        return self.post(url, dump_json(dict(obj)), JSON, headers, **limits)

    def put(
        self, url: str, body: bytes, content_type: str, headers: Mapping[str, str] | None = None, *, timeout: float | None = None
    ) -> Fetched:
        """Put ``body`` at ``url``; raises as :meth:`get`."""
        return self.request("PUT", url, body=body, headers={**(headers or {}), "content-type": content_type}, timeout=timeout)

    def put_json(self, url: str, obj: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Fetched:
        """Put ``obj`` as JSON; raises as :meth:`get`."""
        return self.put(url, dump_json(dict(obj)), JSON, headers)

    def delete(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Delete what is at ``url``; raises as :meth:`get`."""
        return self.request("DELETE", url, headers=headers)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        timeout: float | None = None,
    ) -> Fetched:
        """Make one exchange; raises as :meth:`get`, but judges no media type."""
        target = check_url(url)
        limit = self._max_bytes if max_bytes is None else max_bytes
        seconds = self._timeout if timeout is None else timeout
        sent = {"accept": "*/*", "user-agent": "warifu", **(headers or {}), "accept-encoding": "identity"}
        try:
            with deadline(seconds):
                extensions = {"timeout": httpx.Timeout(seconds).as_dict()}
                request = httpx.Request(method, target.url, content=body, headers=sent, extensions=extensions)
                check_same_host(request.url, target)
                return self._exchange(request, limit)
        except (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise WarifuError("fetch_broken", "the request could not be written", layer="protocol") from error
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    def _exchange(self, request: httpx.Request, limit: int) -> Fetched:
        response = self._transport.handle_request(request)
        try:
            check_not_redirected(response)
            check_not_encoded(response)
            content = read_capped(response, limit)
        finally:
            response.close()
        essence = response.headers.get("content-type", "").split(";")[0].strip().lower()
        return Fetched(response.status_code, essence, content, dict(response.headers))

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the fetcher."""
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        """Close every connection."""
        self.close()


def check_same_host(url: httpx.URL, target: Target) -> None:
    """Refuse a URL that the HTTP client reads as another host than the check did."""
    if url.scheme != "https" or url.raw_host.decode("ascii").strip("[]") != target.host or (url.port or 443) != target.port:
        raise WarifuError("fetch_refused", "the URL can be read in more than one way", layer="policy")


def check_not_redirected(response: httpx.Response) -> None:
    """Refuse every 3xx: the place it points to was named by nobody we trust."""
    if 300 <= response.status_code < 400:
        raise WarifuError(
            "fetch_redirected",
            "the server answered with a redirect",
            hint="name the final address itself",
            clause="RFC 9110 15.4",
            layer="policy",
        )


def check_not_encoded(response: httpx.Response) -> None:
    """Refuse a compressed body: we asked for none, and it could unfold without bound (E05)."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise WarifuError("fetch_encoded", "the server compressed the body", hint="serve it without Content-Encoding", layer="protocol")


def read_capped(response: httpx.Response, limit: int) -> bytes:
    """Read the body, at most ``limit`` bytes; raises ``fetch_too_large`` by the declared length or as soon as it is passed."""
    declared = response.headers.get("content-length", "")
    check_size(int(declared[:20]) if declared.isdigit() else 0, limit)
    content = bytearray()
    chunks = [response.content] if response.is_stream_consumed else response.iter_raw(64 * 1024)  # a transport in memory has read it
    for chunk in chunks:
        content += chunk
        check_size(len(content), limit)
    return bytes(content)


def check_size(size: int, limit: int) -> None:
    """Refuse a body that is larger than the cap."""
    if size > limit:
        raise WarifuError("fetch_too_large", f"the answer is larger than the limit of {limit} bytes", layer="protocol")


def check_media_type(fetched: Fetched, accept: str) -> None:
    """Refuse an answer of a type that was not asked for."""
    wanted = {item.split(";")[0].strip().lower() for item in accept.split(",")}
    if "*/*" not in wanted and fetched.content_type not in wanted:
        raise WarifuError("fetch_wrong_type", "the answer is not of the media type asked for", clause="RFC 9110 8.3", layer="protocol")


def _unreachable(error: httpx.TransportError) -> WarifuError:
    if isinstance(error, httpx.RemoteProtocolError):
        return UndeterminedError("unreachable", "the server broke off or did not speak HTTP", hint="try again later")
    if isinstance(error, httpx.TimeoutException):
        return UndeterminedError("unreachable", "the server did not answer in time", hint="try again later")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UndeterminedError(
                "tls_not_trusted",
                "the server's certificate is not trusted or is for another name",
                hint="check the configured root certificates",
            )
        cause = cause.__cause__ or cause.__context__
    return UndeterminedError("unreachable", "the server cannot be reached", hint="check the network and the address, and try again")
