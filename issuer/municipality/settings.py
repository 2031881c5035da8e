"""The inner side's configuration: ``<home>/config.toml`` and ``WARIFU_…`` of the same names."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from runtime.settings import DevelopmentOnly, PublicAddress, Settings

MunicipalityCode = Annotated[str, Field(pattern=r"^\d{6}$", description="全国地方公共団体コード with its check digit")]
HttpsUrl = Annotated[str, Field(pattern=r"^https://")]


class InnerSettings(Settings):
    """Everything that the inner side of one municipality can be told."""

    model_config = SettingsConfigDict(env_prefix="WARIFU_INNER_")

    municipality_code: MunicipalityCode
    municipality_name: str
    municipality_name_en: str = ""
    prefecture: Annotated[str, Field(pattern=r"^JP-\d{2}$", description="ISO 3166-2")] = "JP-13"
    prefecture_name: str = "東京都"
    issuer: Annotated[HttpsUrl, PublicAddress]
    front_url: HttpsUrl
    store_url: str = ""
    tls_ca_file: str = ""
    development_origins: Annotated[tuple[HttpsUrl, ...], DevelopmentOnly] = ()
    vct_base: HttpsUrl = "https://catalogue.example"
    doctype_prefix: str = "example.catalogue"
    staff_host: str = "127.0.0.1"
    staff_port: Annotated[int, Field(ge=0, le=65535)] = 0
    status_tick_seconds: Annotated[float, Field(ge=0.2, le=3600)] = 60.0
    status_ttl_seconds: Annotated[int, Field(ge=1, le=86400)] = 60
    status_life_hours: Annotated[int, Field(ge=1, le=24)] = 12
    status_decoys: Annotated[int, Field(ge=0, le=1000)] = 3
