"""Web applications of the issuer organisations: one factory each, no globals."""
