"""The guarded fetcher without sockets: an httpx transport that hands requests to ASGI applications by origin.

All applications run in one event loop in a thread of its own, as they do in a process, so that a request may wait for
another one.  ``with AsgiBridge({"https://city.example": app}) as bridge: GuardedFetcher(transport=bridge)``.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx


class AsgiBridge(httpx.BaseTransport):
    """Applications by exact origin; an origin nobody serves is a connection error."""

    def __init__(self, apps: Mapping[str, Any]) -> None:
        self.apps = dict(apps)
        self.requests: list[tuple[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        self.requests.append((request.method, str(url)))
        app = self.apps.get(origin)
        if app is None:
            raise httpx.ConnectError("nobody serves this origin", request=request)
        return asyncio.run_coroutine_threadsafe(_call(app, request), self._loop).result()

    def close(self) -> None:
        """Nothing: one bridge may serve several fetchers; leave the block to end it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _call(app: Any, request: httpx.Request) -> httpx.Response:
    inner = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
    response = await httpx.ASGITransport(app=app, raise_app_exceptions=False).handle_async_request(inner)
    return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(await response.aread()))
