"""What a front is configured with: who it is, how long things live, how patient it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from runtime.settings import Settings
from schemas.messages.openid4vci import check_issuer_identifier


class FrontSettings(Settings):
    """Settings of ``warifu-issuer serve front``; ``public_url`` is the credential issuer identifier, path included."""

    model_config = SettingsConfigDict(env_prefix="WARIFU_FRONT_")

    public_url: str
    store_url: str
    municipality_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    name_ja: Annotated[str, Field(min_length=1, max_length=100)]
    name_en: Annotated[str, Field(min_length=1, max_length=100)]
    vct_base: str = "https://catalogue.example"
    doctype_prefix: str = "example.catalogue"
    host: str = "localhost"
    port: Annotated[int, Field(ge=0, le=65535)] = 8443
    internal_host: str = "localhost"
    internal_port: Annotated[int, Field(ge=0, le=65535)] = 8444
    listen_publicly: bool = False
    batch_size: Annotated[int, Field(ge=2, le=20)] = 20
    access_token_seconds: Annotated[int, Field(ge=30, le=300)] = 300
    refresh_token_days: Annotated[int, Field(ge=1, le=366)] = 180
    nonce_seconds: Annotated[int, Field(ge=10, le=300)] = 300
    require_dpop_nonce: bool = False
    failed_tokens_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    deferred_after: Annotated[float, Field(ge=0, le=60)] = 8.0
    deferred_interval: Annotated[int, Field(ge=1, le=3600)] = 3
    deferred_hours: Annotated[int, Field(ge=1, le=168)] = 24
    job_lease_seconds: Annotated[float, Field(ge=1, le=300)] = 30.0
    max_waiting_jobs: Annotated[int, Field(ge=1, le=100_000)] = 1000

    @field_validator("public_url")
    @classmethod
    def _is_issuer_identifier(cls, value: str) -> str:
        return check_issuer_identifier(value, code="config_invalid").rstrip("/")

    @property
    def path(self) -> str:
        """Path of the issuer identifier, such as ``/999997``; empty where it has none."""
        return urlsplit(self.public_url).path

    @property
    def public_host(self) -> str:
        """Host name of the issuer identifier, the only one that requests may name."""
        return urlsplit(self.public_url).hostname or ""

    def endpoint(self, name: str) -> str:
        """Return the public address of an endpoint; never made from what a request says (threat F04)."""
        return f"{self.public_url}/{name}"

    @property
    def access_token_life(self) -> timedelta:
        """How long an access token lives: five minutes at most (threat C29)."""
        return timedelta(seconds=self.access_token_seconds)

    @property
    def grant_life(self) -> timedelta:
        """How long refresh tokens of one offer work."""
        return timedelta(days=self.refresh_token_days)

    @property
    def nonce_life(self) -> timedelta:
        """How long a nonce can be used."""
        return timedelta(seconds=self.nonce_seconds)
