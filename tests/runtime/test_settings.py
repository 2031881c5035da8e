"""Settings: a file, variables of the same names, nothing unknown, nothing dangerous."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from runtime.settings import DevelopmentOnly, PublicAddress, Section, Settings, is_loopback, load_settings, write_config
from schemas.errors import WarifuError


class StoreSection(Section):
    url: str = "sqlite:////tmp/x.db"
    password: SecretStr = SecretStr("from-the-handbook")


class DeskSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="WARIFU_DESK_")

    public_url: str = "https://localhost:8443"
    port: int = Field(default=8443, ge=0, le=65535)
    api_key: SecretStr | None = None
    development_origins: Annotated[frozenset[str], DevelopmentOnly()] = frozenset()
    internal_url: Annotated[str, PublicAddress()] = "https://localhost:9443"
    store: StoreSection = Field(default_factory=lambda: StoreSection(password=SecretStr("ZcQ0n1v8")))


def write(home: Path, text: str) -> Path:
    (home / "config.toml").write_text(text, "utf-8")
    return home


def refusal(home: Path) -> str:
    with pytest.raises(WarifuError) as error:
        load_settings(DeskSettings, home)
    assert "hunter2" not in f"{error.value}{error.value.hint}"
    return error.value.code


def test_defaults_without_a_file(tmp_path: Path) -> None:
    assert load_settings(DeskSettings, tmp_path).port == 8443


def test_file_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 'port = 1\npublic_url = "https://localhost:1"\n[store]\nurl = "a"\npassword = "x1"\n')
    monkeypatch.setenv("WARIFU_DESK_PORT", "2")
    monkeypatch.setenv("WARIFU_DESK_STORE__URL", "b")
    settings = load_settings(DeskSettings, tmp_path)
    assert (settings.port, settings.public_url, settings.store.url) == (2, "https://localhost:1", "b")
    assert settings.store.password.get_secret_value() == "x1"


@pytest.mark.parametrize("text", ["prot = 1", "[store]\nurll = 'x'", "[stroe]\nurl = 'x'"])
def test_unknown_key_in_the_file(tmp_path: Path, text: str) -> None:
    assert refusal(write(tmp_path, text)) == "config_unknown_key"


@pytest.mark.parametrize("name", ["WARIFU_DESK_PROT", "WARIFU_DESK_STORE__URLL", "WARIFU_DESK_", "warifu_desk_prot"])
def test_unknown_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "hunter2")
    assert refusal(tmp_path) == "config_unknown_key"


def test_variables_of_other_roles_are_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARIFU_OTHER_PROT", "1")
    monkeypatch.setenv("WARIFU_LANG", "ja")
    load_settings(DeskSettings, tmp_path)


@pytest.mark.parametrize("text", ["port = 'hunter2'", "port = 70000", "store = 'hunter2'", "public_url = 5"])
def test_invalid_value_is_named_and_not_shown(tmp_path: Path, text: str) -> None:
    assert refusal(write(tmp_path, text)) == "config_invalid"


def test_invalid_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARIFU_DESK_PORT", "hunter2")
    assert refusal(tmp_path) == "config_invalid"
    monkeypatch.delenv("WARIFU_DESK_PORT")
    monkeypatch.setenv("WARIFU_DESK_DEVELOPMENT_ORIGINS", "hunter2")
    assert refusal(tmp_path) == "config_invalid"


@pytest.mark.parametrize("text", ["port = ", "\x00", "[store\n"])
def test_broken_file(tmp_path: Path, text: str) -> None:
    assert refusal(write(tmp_path, text)) == "config_unreadable"


def test_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    assert refusal(tmp_path) == "config_unreadable"


def test_class_without_a_prefix_is_a_mistake(tmp_path: Path) -> None:
    class Nameless(Settings):
        port: int = 1

    with pytest.raises(WarifuError):
        load_settings(Nameless, tmp_path)


@pytest.mark.parametrize("secret", ["changeme", "CHANGE-ME", "secret", "password", ""])
def test_well_known_secret(tmp_path: Path, secret: str) -> None:
    assert refusal(write(tmp_path, f'api_key = "{secret}"')) == "config_default_secret"


def test_default_secret_also_inside_a_section(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, '[store]\nurl = "a"')) == "config_default_secret"
    assert refusal(write(tmp_path, '[store]\npassword = "from-the-handbook"')) == "config_default_secret"


@pytest.mark.parametrize(
    "address", ["https://city.example", "https://localhost.example", "https://192.168.0.2:8443", "https://0.0.0.0", ""]
)
def test_development_switch_on_a_public_address(tmp_path: Path, address: str) -> None:
    switch = 'development_origins = ["https://localhost:1"]\n'
    assert refusal(write(tmp_path, f'{switch}public_url = "{address}"')) == "config_development_switch"
    assert refusal(write(tmp_path, f'{switch}internal_url = "{address}"')) == "config_development_switch"


def test_development_switch_at_home_and_public_address_without_one(tmp_path: Path) -> None:
    write(tmp_path, 'development_origins = ["https://localhost:1"]\npublic_url = "https://127.0.0.1:1"')
    assert load_settings(DeskSettings, tmp_path).development_origins
    load_settings(DeskSettings, write(tmp_path, 'public_url = "https://city.example"'))


def test_settings_do_not_change_and_hide_their_secrets(tmp_path: Path) -> None:
    settings = load_settings(DeskSettings, write(tmp_path, 'api_key = "hunter2-long"'))
    assert "hunter2" not in repr(settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://localhost", True),
        ("https://LOCALHOST:1/x", True),
        ("https://[::1]:1", True),
        ("127.0.0.2", True),
        ("[::1]", True),
        ("https://localhost@city.example", False),
        ("https://127.0.0.1.city.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


def test_a_configuration_is_written_once_for_its_owner(tmp_path: Path) -> None:
    values = {"public_url": "https://localhost:8443", "port": 1234, "development_origins": ["https://localhost:9443"]}
    write_config(tmp_path, values)
    settings = load_settings(DeskSettings, tmp_path)
    assert (settings.port, settings.development_origins) == (1234, {"https://localhost:9443"})
    assert (tmp_path / "config.toml").stat().st_mode & 0o777 == 0o600
    with pytest.raises(WarifuError) as error:
        write_config(tmp_path, values)
    assert error.value.code == "file_exists"
