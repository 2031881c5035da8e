"""What a registrar is configured with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from runtime.settings import Settings


class RegistrarSettings(Settings):
    """Settings of ``warifu-issuer serve registrar``."""

    model_config = SettingsConfigDict(env_prefix="WARIFU_REGISTRAR_")

    public_url: Annotated[str, Field(pattern=r"^https://[^?#]+[^/?#]$")]
    store_url: str
    name: Annotated[str, Field(min_length=1, max_length=64)]
    vct_base: str = "https://catalogue.example"
    doctype_prefix: str = "example.catalogue"
    host: str = "localhost"
    port: Annotated[int, Field(ge=0, le=65535)] = 8446
    listen_publicly: bool = False
    access_certificate_days: Annotated[int, Field(ge=1, le=397)] = 365
