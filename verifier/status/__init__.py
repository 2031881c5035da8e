"""Status lists: which may be fetched, how long they serve, and that an older one never replaces a newer one."""

from verifier.status.cache import CachedLists, MissingList, StatusCache, settle, settle_now
from verifier.status.newest import NewestLists, StoredNewest

__all__ = ["CachedLists", "MissingList", "NewestLists", "StatusCache", "StoredNewest", "settle", "settle_now"]
