"""The three pages that a person sees in the browser: Japanese first, no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

PAGE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
_STYLE: Final = (
    "body{font:1.05rem/1.7 sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "a.button{display:inline-block;padding:.8rem 1.6rem;background:#00487a;color:#fff;text-decoration:none;border-radius:.3rem}"
    "a.button:focus{outline:3px solid #e07a00}small{color:#444}"
)
_NOTICE: Final = "実証用。住民基本台帳法第12条の住民票の写しではありません。"


def start_page(link: str, purpose: Mapping[str, str]) -> str:
    """Return the page with the button that opens the wallet on this device."""
    words = f"<p>{escape(purpose['ja'])}</p><p lang=en><small>{escape(purpose['en'])}</small></p>"
    button = f'<p><a class=button href="{escape(link, quote=True)}">ウォレットを開く <span lang=en>Open the wallet</span></a></p>'
    warning = (
        "<p>この画面をご自身で開いた場合にだけ続けてください。"
        "<br><small lang=en>Continue only if you opened this page yourself.</small></p>"
    )
    return _page("本人の情報の提示", words + button + warning)


def finished_page() -> str:
    """Return the page after a confirmed return."""
    text = (
        "<p>手続が終わりました。元の画面に戻ってください。</p><p lang=en><small>Done. Please return to the page you came from.</small></p>"
    )
    return _page("完了しました", text)


def refused_page() -> str:
    """Return the page where the return was refused: one text for every cause."""
    text = "<p>この手続は、別の画面又は別の端末で始められたため、取り消されました。最初からやり直してください。</p>"
    english = "<p lang=en><small>This request was started elsewhere and has been cancelled. Please start again.</small></p>"
    return _page("取り消されました", text + english)


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=ja><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}<hr><small>{_NOTICE}</small></body></html>"
    )
