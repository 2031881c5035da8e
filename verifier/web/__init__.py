"""The two listeners: what wallets and browsers reach, and the back office."""

from verifier.web.office import office_app
from verifier.web.public import public_app

__all__ = ["office_app", "public_app"]
