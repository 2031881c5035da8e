"""Reading requests so that no two parsers can differ about them (F03): exact media types, no parameter twice, strict JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from schemas.errors import WarifuError
from schemas.formats.encoding import parse_json_object

FORM: Final = "application/x-www-form-urlencoded"
MAX_PARAMETERS: Final = 64


def query_parameters(request: Request, *, known: Iterable[str] | None = None) -> dict[str, str]:
    """Return the query parameters; raises ``duplicate_parameter``, ``invalid_request`` and, beyond ``known``,
    ``unknown_parameter``."""
    return _only_known(parse_parameters(request.url.query.encode("latin-1")), known)


async def read_form(request: Request, *, known: Iterable[str] | None = None) -> dict[str, str]:
    """Return the fields of a form body.

    Raises:
        WarifuError: ``unsupported_media_type`` unless it is ``application/x-www-form-urlencoded``,
            ``duplicate_parameter``, ``invalid_request``; with ``known`` also ``unknown_parameter``.
    """
    require_content_type(request, FORM)
    return _only_known(parse_parameters(await request.body()), known)


async def read_json(request: Request, *, content_type: str = "application/json", max_bytes: int = 256 * 1024) -> dict[str, Any]:
    """Return the JSON object of the body, read strictly; raises ``unsupported_media_type`` or as ``parse_json_object``."""
    require_content_type(request, content_type)
    return parse_json_object(await request.body(), max_bytes=max_bytes)


def require_content_type(request: Request, wanted: str) -> None:
    """Refuse a body of any other media type than ``wanted``, and headers that could be read as two types.

    The only parameter accepted is ``charset=utf-8`` (RFC 9110 8.3).
    """
    sent = request.headers.getlist("content-type")
    essence, _, parameter = (sent[0] if len(sent) == 1 else "").partition(";")
    if essence.strip().lower() != wanted or parameter.strip().lower() not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise WarifuError(
            "unsupported_media_type",
            "the body is not of the media type required",
            hint=f"send Content-Type: {wanted}",
            clause="RFC 9110 8.3",
        )


def parse_parameters(raw: bytes) -> dict[str, str]:
    """Read ``name=value`` pairs joined by ``&``; UTF-8, at most 64, none twice.

    Raises:
        WarifuError: ``duplicate_parameter`` (RFC 6749 3.1) or ``invalid_request``.
    """
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=MAX_PARAMETERS, separator="&"
        )
    except ValueError as error:
        raise WarifuError(
            "invalid_request", "the parameters are not well formed", hint="percent-encode UTF-8, at most 64 fields"
        ) from error
    check_no_duplicates([name for name, _ in pairs])
    return dict(pairs)


def check_no_duplicates(names: Sequence[str]) -> None:
    """Refuse a parameter that comes twice: which of the two counts would depend on who reads it."""
    if len(set(names)) != len(names):
        raise WarifuError(
            "duplicate_parameter",
            "a parameter is given more than once",
            hint="give each parameter once",
            clause="RFC 6749 3.1",
            layer="protocol",
        )


def _only_known(parameters: dict[str, str], known: Iterable[str] | None) -> dict[str, str]:
    if known is not None and not parameters.keys() <= set(known):
        raise WarifuError("unknown_parameter", "a parameter is not known here", hint="compare the request with the documentation")
    return parameters
