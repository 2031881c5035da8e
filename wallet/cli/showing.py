"""`present`: the consent screen, and the answer to a verifier."""

from __future__ import annotations

from typing import Annotated

import typer

from runtime import clock, console
from runtime.settings import load_settings
from schemas.errors import UndeterminedError, WarifuError
from wallet.cli.keeping import locale
from wallet.cli.options import AsJson, Home, PassphraseFd, open_vault_of
from wallet.present import present as presenting
from wallet.present.consent import Consent, describe, restrict
from wallet.settings import WalletSettings, load_anchors


def present(
    request: Annotated[str, typer.Argument(help="Request link of a verifier, or - to read it from standard input")],
    home: Home,
    disclose: Annotated[list[str] | None, typer.Option("--disclose", help="Only these claims (dotted path); may be repeated")] = None,
    copy: Annotated[list[str] | None, typer.Option("--copy", help="Show this copy and no other; may be repeated")] = None,
    reuse: Annotated[bool, typer.Option("--reuse", help="Allow a copy that was shown before; the two uses can be linked")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Agree without being asked")] = False,
    as_json: AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Check a verifier's request, ask for consent, and show what was agreed to."""
    link = typer.get_text_stream("stdin").readline().strip() if request == "-" else request
    settings = load_settings(WalletSettings, home)
    shower = presenting.Shower(settings.fetcher(), load_anchors(home), clock.now)
    with open_vault_of(home, passphrase_fd) as vault:
        asked = presenting.fetch_request(shower, link)
        chosen = presenting.choose(asked, vault.content, at=clock.now(), reuse=reuse, only=copy or ())
        consent = describe(asked, chosen, anchors=shower.anchors, catalogue=settings.types(), language=locale(), at=clock.now())
        if disclose:
            consent = restrict(consent, disclose)
        _show_consent(consent)
        if not yes and not typer.confirm(console.words(ja="提示しますか", en="Show this?"), err=True):
            presenting.decline(shower, asked)
            raise WarifuError("declined", "nothing was shown", hint="the verifier was told that you declined")
        at = clock.now()
        tokens = presenting.build_presentations(asked, consent.leaving, vault.content.keys, at=at)
        # The copies count as shown before anything leaves: a crash must not let one be shown twice (threat row H07).
        presenting.mark_shown(vault.content, consent.leaving, at=at)
        vault.save()
        outcome = "unknown"
        try:
            answered = presenting.send(shower, asked, tokens)
            outcome = "accepted" if answered.accepted else "refused"
        except UndeterminedError:
            outcome = "unreachable"
            raise
        finally:
            presenting.remember(vault.content, asked, consent.leaving, purpose=consent.purpose, outcome=outcome, at=at)
            vault.save()
    _report(answered, consent, as_json)


def _show_consent(consent: Consent) -> None:
    """Print who asks, for what, what leaves and what stays; on stderr, so that stdout holds the result alone."""
    say = console.print_note
    say(console.words(ja="─ 提示の確認 ─", en="─ Consent ─"))
    say(
        console.words(
            ja=f"求めている者  {consent.verifier}（証明書の期限 {consent.verified_until}）",
            en=f"Who asks    {consent.verifier} (certificate until {consent.verified_until})",
        )
    )
    none = console.words(ja="登録された目的の提示がありません", en="no registered purpose was shown")
    say(console.words(ja=f"目的          {consent.purpose or none}", en=f"Purpose     {consent.purpose or none}"))
    for one in consent.leaving:
        say(console.words(ja=f"証明          {one.title}", en=f"Credential  {one.title}"))
        say(console.words(ja="  渡すもの", en="  leaves"))
        for line in one.leaves:
            say(f"    {line.label}: {line.value}")
        say(console.words(ja="  渡さないもの", en="  stays") + "  " + "、".join(one.stays))


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
