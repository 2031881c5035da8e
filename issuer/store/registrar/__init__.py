"""The registrar's store: relying parties with their purposes, issuers of the trust list, keys of the back office."""

from issuer.store.registrar.tables import api_key, issuer, metadata, relying_party

__all__ = ["api_key", "issuer", "metadata", "relying_party"]
