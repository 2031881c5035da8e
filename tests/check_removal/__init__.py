"""Takes one security check away at a time and demands that a test turns red.

The checks stand in ``*.toml`` beside this file: threat row, ``module:function``, how it is disabled and which tests
must notice.  Run with ``make check-removal``; exits 1 where a removal goes unnoticed.
"""
