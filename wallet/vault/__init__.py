"""The vault: everything a holder owns, sealed under a passphrase."""
