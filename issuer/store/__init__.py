"""Tables and migrations, one package for each organisation inside the issuer."""
