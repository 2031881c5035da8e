"""`present`: the consent screen, and the answer to a verifier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from runtime import clock, console
from runtime.settings import load_settings
from schemas.errors import UndeterminedError, WarifuError
from schemas.messages.openid4vp import AuthorizationRequest
from wallet.cli.keeping import locale
from wallet.cli.options import AsJson, Home, PassphraseFd, confirmed, line_of_stdin, open_vault_of
from wallet.present import present as presenting
from wallet.present.consent import Asker, Consent, Leaving, asker_of, describe, restrict
from wallet.present.requests import Shower, check_asked_in_person, fetch_request
from wallet.settings import WalletSettings, load_anchors
from wallet.vault.content import VaultContent
from wallet.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the holder said on the command line."""

    disclose: list[str]
    copies: list[str]
    reuse: bool
    yes: bool


def present(
    request: Annotated[str, typer.Argument(help="Request link of a verifier, or - to read it from standard input")],
    home: Home,
    disclose: Annotated[
        list[str] | None,
        typer.Option("--disclose", help="Only these of the claims asked for, by name (address.prefecture); may be repeated"),
    ] = None,
    copy: Annotated[list[str] | None, typer.Option("--copy", help="Show this copy and no other; may be repeated")] = None,
    reuse: Annotated[bool, typer.Option("--reuse", help="Allow a copy that was shown before; the two uses can be linked")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Agree without being asked")] = False,
    as_json: AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Check a verifier's request, ask for consent, and show what was agreed to."""
    link = line_of_stdin(request)
    settings = load_settings(WalletSettings, home)
    shower = Shower(settings.fetcher(), load_anchors(home), clock.now)
    wanted = Wanted(disclose or [], copy or [], reuse, yes)
    with open_vault_of(home, passphrase_fd) as vault:
        asked = fetch_request(shower, link)
        check_asked_in_person(asked.query, answered_beforehand=yes)
        asker = asker_of(asked, anchors=shower.anchors, language=locale(), at=clock.now())
        _show_asker(asker)
        consent = _consent(asked, asker, vault.content, settings, wanted, shower)
        _ask(consent, wanted, shower, asked, vault)
        answered = _answer(shower, asked, consent, vault)
    _report(answered, consent, as_json)


def _consent(
    asked: AuthorizationRequest, asker: Asker, content: VaultContent, settings: WalletSettings, wanted: Wanted, shower: Shower
) -> Consent:
    """Choose what would leave; where nothing fits, the holder decides whether the verifier hears so (threat row D12)."""
    try:
        chosen = presenting.choose(asked, content, at=clock.now(), reuse=wanted.reuse, only=wanted.copies)
    except WarifuError as error:
        if error.code not in ("no_match", "no_fresh_copy"):
            raise
        console.print_note(console.words(ja="求められたものを提示できません。", en="What is asked for cannot be shown."))
        if confirmed(console.words(ja="提示しないことを相手に伝えますか", en="Tell the verifier that nothing is shown?"), wanted.yes):
            presenting.decline(shower, asked)
        raise
    consent = describe(asker, chosen, catalogue=settings.types(), language=locale())
    return restrict(consent, wanted.disclose) if wanted.disclose else consent


def _ask(consent: Consent, wanted: Wanted, shower: Shower, asked: AuthorizationRequest, vault: Vault) -> None:
    for one in consent.leaving:
        _show_leaving(one)
    if confirmed(console.words(ja="提示しますか", en="Show this?"), wanted.yes):
        return
    presenting.decline(shower, asked)
    presenting.remember(vault.content, asked, consent.asker, (), outcome="declined", at=clock.now())
    vault.save()
    raise WarifuError("declined", "nothing was shown", hint="the verifier was told that you declined")


def _answer(shower: Shower, asked: AuthorizationRequest, consent: Consent, vault: Vault) -> presenting.Answered:
    at = clock.now()
    tokens = presenting.build_presentations(asked, consent.leaving, vault.content.keys, at=at)
    # The copies count as shown before anything leaves: a crash must not let one be shown twice (threat row H07).
    vault.content.mark_shown([one.copy.copy_id for one in consent.leaving], at)
    vault.save()
    outcome = "unknown"
    try:
        answered = presenting.send(shower, asked, tokens)
        outcome = "accepted" if answered.accepted else "refused"
    except UndeterminedError:
        outcome = "unreachable"
        raise
    finally:
        _remember(vault, asked, consent, outcome, at)
    return answered


def _remember(vault: Vault, asked: AuthorizationRequest, consent: Consent, outcome: str, at: datetime) -> None:
    presenting.remember(vault.content, asked, consent.asker, consent.leaving, outcome=outcome, at=at)
    vault.save()


def _show_asker(asker: Asker) -> None:
    """Print who asks and for what, on stderr; text that others chose ends its line, so that it can turn nothing else."""
    say, words = console.print_note, console.words
    say(words(ja="─ 提示の確認 ─", en="─ Consent ─"))
    say(words(ja="求めている者  ", en="Who asks    ") + asker.name)
    if asker.municipality is not None:
        say(words(ja=f"  市区町村コード {asker.municipality}", en=f"  municipality code {asker.municipality}"))
    say(words(ja=f"  証明書の期限 {asker.certified_until}", en=f"  certificate until {asker.certified_until}"))
    none = words(ja="登録された目的の提示がありません", en="no registered purpose was shown")
    say(words(ja="目的          ", en="Purpose     ") + (asker.purpose or none))


def _show_leaving(one: Leaving) -> None:
    say, words = console.print_note, console.words
    comma = words(ja="、", en=", ")
    say(words(ja=f"証明          {one.title}", en=f"Credential  {one.title}"))
    say(words(ja="  渡すもの", en="  leaves"))
    for line in one.leaves:
        say(f"    {line.label}: {line.value}")
    if one.retained:
        say(words(ja="  相手が保存すると述べているもの", en="  kept by the verifier, as it says"))
        say("    " + comma.join(one.retained))
    say(words(ja="  渡さないもの", en="  stays"))
    say("    " + (comma.join(one.stays) or words(ja="なし", en="nothing")))


def _report(answered: presenting.Answered, consent: Consent, as_json: bool) -> None:
    if as_json:
        console.print_json(
            {"accepted": answered.accepted, "redirect_uri": answered.redirect_uri, "copies": [one.copy.copy_id for one in consent.leaving]}
        )
    if not answered.accepted:
        raise WarifuError(
            "presentation_refused",
            "the verifier refused the presentation",
            hint="if the record has changed since, fetch new copies: warifu-wallet refresh",
            clause="OpenID4VP 8.2",
            layer="protocol",
        )
    if not as_json:
        console.print_line(console.words(ja="受け付けられました。", en="Accepted."))
        if answered.redirect_uri:
            console.print_line(answered.redirect_uri)
