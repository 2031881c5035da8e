"""Everything written from the definitions: what the catalogue publishes, what an issuer's metadata says, what testers read."""

from schemas.credentials.outputs.cddl import cddl
from schemas.credentials.outputs.claims_table import claims_table
from schemas.credentials.outputs.issuer_metadata import claims_description, display_description
from schemas.credentials.outputs.json_schema import json_schema
from schemas.credentials.outputs.samples import samples
from schemas.credentials.outputs.type_metadata import type_metadata

__all__ = ["cddl", "claims_description", "claims_table", "display_description", "json_schema", "samples", "type_metadata"]
