"""The registrar: certifies relying parties for their purposes, keeps the issuer trust list, serves the type catalogue."""
