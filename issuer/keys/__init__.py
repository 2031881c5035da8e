"""Signing keys of an issuing authority: made, certified, rotated and opened here, and nowhere else."""

from issuer.keys.keyring import Authority, KeyRing, KeyRole, create_root, open_ring, rotate

__all__ = ["Authority", "KeyRing", "KeyRole", "create_root", "open_ring", "rotate"]
