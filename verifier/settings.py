"""What a verifier is configured with, and the fixed names of the files in its home."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from runtime.settings import DevelopmentOnly, Settings

KEY_FILE: Final = "keys/access.key"
CERTIFICATE_FILE: Final = "access.pem"
REGISTRATIONS_FILE: Final = "registrations.json"
TLS_ROOT_FILE: Final = "tls-root.pem"


class VerifierSettings(Settings):
    """Settings of ``warifu-verifier serve``."""

    model_config = SettingsConfigDict(env_prefix="WARIFU_VERIFIER_")

    public_url: str
    store_url: str
    name: Annotated[str, Field(min_length=1, max_length=64)]
    vct_base: str = "https://catalogue.example"
    doctype_prefix: str = "example.catalogue"
    host: str = "localhost"
    port: Annotated[int, Field(ge=0, le=65535)] = 8543
    office_port: Annotated[int, Field(ge=0, le=65535)] = 8544
    listen_publicly: bool = False
    tls_ca_file: Path | None = None
    cross_device: bool = True
    allowed_dev_origins: Annotated[frozenset[str], DevelopmentOnly()] = frozenset()

    @field_validator("public_url")
    @classmethod
    def _https_without_slash(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("the public address begins with https://")
        return value.rstrip("/")
