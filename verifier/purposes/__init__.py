"""What may be asked for, and why: purposes in files, two of them built in."""

from verifier.purposes.files import PURPOSE_FOLDER, builtin_purposes, load_purpose_file, load_purposes
from verifier.purposes.purpose import Purpose, parse_purpose, purpose_from_snapshot, registered_purpose_of, snapshot

__all__ = [
    "PURPOSE_FOLDER",
    "Purpose",
    "builtin_purposes",
    "load_purpose_file",
    "load_purposes",
    "parse_purpose",
    "purpose_from_snapshot",
    "registered_purpose_of",
    "snapshot",
]
