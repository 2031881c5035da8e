"""The actors of the tour: how each is set up, which ports they take, and what they hand to one another."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from demo.processes import Company

CODE = "999997"
#: The tour's passphrases are known to everybody, like everything else in its folder.
PASSPHRASE = {"--passphrase-fd": "demo passphrase, known to all"}
PORTS = ("front", "internal", "registrar", "verifier", "office", "staff", "proxy")
TICK = "0.5"


@dataclass(frozen=True)
class Addresses:
    """Where everybody will listen."""

    ports: dict[str, int]

    def url(self, name: str) -> str:
        """Return the origin of one listener."""
        return f"https://localhost:{self.ports[name]}"

    @property
    def issuer(self) -> str:
        """The issuer identifier, with a path."""
        return f"{self.url('front')}/{CODE}"


def free_ports() -> Addresses:
    """Draw a free port for each listener; all are held until all are drawn, so that none is drawn twice."""
    with ExitStack() as stack:
        ports = {}
        for name in PORTS:
            item = stack.enter_context(socket.socket())
            item.bind(("127.0.0.1", 0))
            ports[name] = item.getsockname()[1]
    return Addresses(ports)


class Tour:
    """The folder, the addresses and the commands of each actor."""

    def __init__(self, folder: Path) -> None:
        self.company = Company(folder)
        self.folder = folder
        self.addresses = free_ports()
        self.public = folder / "public"
        self.tls = folder / "tls"

    def home(self, actor: str) -> str:
        """Return the folder of one actor as an argument."""
        return str(self.folder / actor)

    def init_registrar(self) -> str:
        """Set up and start the registrar; returns the key with which relying parties register."""
        command = ["warifu-issuer", "init", "registrar", "--home", self.home("registrar"), "--public-url", self.addresses.url("registrar")]
        command += ["--tls", str(self.tls), "--export", str(self.public)]
        outcome = self.company.must("registrar", command, secrets=PASSPHRASE)
        self.company.serve("registrar", ["warifu-issuer", "serve", "registrar", "--home", self.home("registrar")], secrets=PASSPHRASE)
        return _last_word(outcome.stdout, "api-key")

    def init_municipality(self) -> str:
        """Set up the inner side and its front, which gets two public files and nothing else; returns what init printed."""
        inner = [
            "warifu-issuer",
            "init",
            "inner",
            "--home",
            self.home("inner"),
            "--municipality-code",
            CODE,
            "--municipality-name",
            "割符市",
            "--municipality-name-en",
            "Warifu City",
        ]
        inner += ["--issuer", self.addresses.issuer, "--front-url", self.addresses.url("internal"), "--tls", str(self.tls)]
        inner += ["--export", str(self.public), "--status-tick", TICK, "--staff-port", str(self.addresses.ports["staff"])]
        printed = self.company.must("inner", inner, secrets=PASSPHRASE).stdout
        front = ["warifu-issuer", "init", "front", "--home", self.home("front"), "--public-url", self.addresses.issuer]
        front += ["--municipality-code", CODE, "--name-ja", "割符市", "--name-en", "Warifu City", "--tls", str(self.tls)]
        front += ["--client-ca", str(self.public / f"{CODE}-client-ca.pem"), "--internal-port", str(self.addresses.ports["internal"])]
        self.company.must("front", front)
        return printed

    def start_front(self) -> None:
        """Start the public side."""
        self.company.serve("front", ["warifu-issuer", "serve", "front", "--home", self.home("front")])

    def start_inner(self, *, without: tuple[str, ...] = ()) -> None:
        """Start the inner side, leaving workers out where a test of the tour asks for it."""
        command = ["warifu-issuer", "serve", "inner", "--home", self.home("inner")]
        for worker in without:
            command += ["--without", worker]
        self.company.serve("inner", command, secrets=PASSPHRASE)

    def init_verifier(self, registrar_key: str, purpose: Path, *, public_url: str) -> None:
        """Set up and start the relying party, certified and registered by the registrar."""
        command = ["warifu-verifier", "init", "--home", self.home("verifier"), "--name", "割符銀行（実証用）", "--public-url", public_url]
        command += ["--port", str(self.addresses.ports["verifier"]), "--office-port", str(self.addresses.ports["office"])]
        command += ["--tls", str(self.tls), "--purpose", str(purpose), "--registrar", self.addresses.url("registrar")]
        for name in ("registrar", "front"):
            command += ["--development-origin", self.addresses.url(name)]
        self.company.must("verifier", command, secrets={**PASSPHRASE, "--registrar-key-fd": registrar_key})
        trust = ["warifu-verifier", "trust", "add", str(self.public / f"{CODE}-root.pem"), "--home", self.home("verifier")]
        trust += ["--purpose", "issuer", "--municipality", CODE, "--status-origin", self.addresses.url("front")]
        self.company.must("verifier", trust)
        self.company.serve("verifier", ["warifu-verifier", "serve", "--home", self.home("verifier")], secrets=PASSPHRASE)

    def init_wallet(self, *, verifier_url: str) -> None:
        """Make a resident's wallet that trusts the city and the registrar."""
        command = ["warifu-wallet", "init", "--home", self.home("wallet"), "--tls-root", str(self.tls / "root.pem")]
        for origin in (self.addresses.url("front"), verifier_url):
            command += ["--development-origin", origin]
        self.company.must("wallet", command, secrets=PASSPHRASE)
        city = ["--purpose", "issuer", "--purpose", "status", "--purpose", "metadata", "--municipality", CODE]
        registrar = ["--purpose", "reader", "--purpose", "attester"]
        for file, rules in ((self.public / f"{CODE}-root.pem", city), (self.public / "reader-root.pem", registrar)):
            self.company.must("wallet", ["warifu-wallet", "trust", "add", str(file), "--home", self.home("wallet"), *rules])


def _last_word(text: str, label: str) -> str:
    return next(line.split()[-1] for line in text.splitlines() if line.strip().startswith(label))
