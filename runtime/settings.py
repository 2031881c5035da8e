"""Settings of a process: one TOML file in its home and environment variables of the same names, nothing unknown.

A role derives its class from :class:`Settings` and gives it a prefix of its own::

    class VerifierSettings(Settings):
        model_config = SettingsConfigDict(env_prefix="WARIFU_VERIFIER_")
        public_url: str = "https://localhost:8443"
        development_origins: Annotated[frozenset[str], DevelopmentOnly()] = frozenset()

``WARIFU_VERIFIER_PUBLIC_URL`` then goes before ``public_url`` in ``<home>/config.toml``.  Nested values are
:class:`Section` and use two underscores (``WARIFU_VERIFIER_STORE__URL``).
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from runtime.files import write_private
from schemas.errors import WarifuError
from schemas.formats.flat_toml import Scalar, dump_toml

CONFIG_FILE: Final = "config.toml"
_COMMON_SECRETS: Final = frozenset(
    {"", "changeme", "change-me", "change_me", "secret", "password", "passphrase", "default", "admin", "test"}
)


class DevelopmentOnly:
    """Marks, inside ``Annotated``, a setting that may differ from its default on loopback addresses alone."""


class PublicAddress:
    """Marks, inside ``Annotated``, a URL or host name at which the process is reached; ``public_url`` always is one."""


class Section(BaseModel):
    """A nested table of the configuration; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(BaseSettings):
    """Base of every role's settings; unknown keys are errors, values cannot be changed after the start."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_nested_delimiter="__", hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the name belongs to pydantic-settings
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before the file, whose content arrives as init values; nothing else is read."""
        return env_settings, init_settings


T = TypeVar("T", bound=Settings)


def write_config(home: Path, values: Mapping[str, Scalar | Sequence[Scalar]]) -> None:
    """Write ``<home>/config.toml`` at init, for its owner alone and never over an existing one.

    Raises:
        WarifuError: ``file_exists``, ``config_invalid`` for a text with control characters, store errors.
    """
    write_private(home / CONFIG_FILE, dump_toml(values), replace=False)


def load_settings(cls: type[T], home: Path) -> T:
    """Read ``<home>/config.toml`` (where present) and the environment, and refuse what must not start.

    Raises:
        WarifuError: ``config_unreadable``, ``config_unknown_key``, ``config_invalid``, ``config_default_secret``,
            ``config_development_switch``.  Values are never repeated in the message, keys are.
    """
    content = _read_toml(home / CONFIG_FILE)
    check_environment(cls)
    try:
        settings = cls(**content)
    except ValidationError as error:
        raise _invalid(error) from None
    except SettingsError as error:  # its own text names the field and never the value
        raise WarifuError("config_invalid", str(error), hint="lists and tables in variables are written as JSON") from None
    check_secrets(settings)
    check_development_switches(settings)
    return settings


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise WarifuError(
            "config_unreadable", f"{CONFIG_FILE} cannot be read as TOML", hint="check the file's rights and syntax", layer="parse"
        ) from error


def check_environment(cls: type[Settings]) -> None:
    """Refuse a variable with the prefix of ``cls`` that names no setting: a misspelt one would silently do nothing."""
    prefix = cls.model_config.get("env_prefix", "").upper()
    if not prefix:
        raise WarifuError("config_invalid", f"{cls.__name__} has no prefix for its environment variables")
    names = {name.upper() for name in cls.model_fields}
    for variable in os.environ:
        upper = variable.upper()
        if upper.startswith(prefix) and upper.removeprefix(prefix).split("__")[0] not in names:
            raise _unknown_key(variable)


def _unknown_key(name: str) -> WarifuError:
    return WarifuError("config_unknown_key", f"the setting {name} is not known", hint="check its spelling against the documentation")


def _invalid(error: ValidationError) -> WarifuError:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown_key(name)
    return WarifuError(
        "config_invalid", f"the setting {name} is not valid ({first['type']})", hint="check the value against the documentation"
    )


def check_secrets(settings: BaseModel) -> None:
    """Refuse a secret that still has its default or a value that everybody knows."""
    for name, value in settings:
        if isinstance(value, SecretStr):
            default = type(settings).model_fields[name].default
            text = value.get_secret_value()
            if text.lower() in _COMMON_SECRETS or (isinstance(default, SecretStr) and text == default.get_secret_value()):
                raise WarifuError("config_default_secret", f"the setting {name} still has a default value", hint="set a random secret")
        elif isinstance(value, BaseModel):
            check_secrets(value)


def check_development_switches(settings: Settings) -> None:
    """Refuse a development switch where the process can be reached from other machines."""
    switches = _switches(settings)
    if switches and not all(is_loopback(address) for address in _addresses(settings)):
        raise WarifuError(
            "config_development_switch",
            f"the development setting {switches[0]} is on, but the address is not a loopback address",
            hint="remove the setting, or use https://localhost",
        )


def _switches(settings: BaseModel) -> list[str]:
    found: list[str] = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if any(item is DevelopmentOnly or isinstance(item, DevelopmentOnly) for item in field.metadata):
            if value != field.get_default(call_default_factory=True, validated_data={}):
                found.append(name)
        elif isinstance(value, BaseModel):
            found += [f"{name}.{inner}" for inner in _switches(value)]
    return found


def _addresses(settings: BaseModel) -> list[str]:
    found: list[str] = []
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        marked = name == "public_url" or any(item is PublicAddress or isinstance(item, PublicAddress) for item in field.metadata)
        if marked and isinstance(value, str):
            found.append(value)
        elif isinstance(value, BaseModel):
            found += _addresses(value)
    return found


def is_loopback(address: str) -> bool:
    """Tell whether a URL or host name is ``localhost`` or a loopback address literal."""
    host = (urlsplit(address).hostname if "://" in address else address.strip("[]")) or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
