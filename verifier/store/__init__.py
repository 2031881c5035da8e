"""The verifier's own tables, migrations beside them; written by ``verifier.sessions``, ``verifier.status`` and ``verifier.web``."""
