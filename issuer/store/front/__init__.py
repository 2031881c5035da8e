"""The front's store: offers, tokens and requests by hash, and opaque handles; no record, no name, no credential."""

from issuer.store.front.tables import access_token, deferred, grant, metadata, notification, offer, refresh_token, request, shared_secret

__all__ = ["access_token", "deferred", "grant", "metadata", "notification", "offer", "refresh_token", "request", "shared_secret"]
