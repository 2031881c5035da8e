"""Tests of Warifu, and the programs that check its documents, vectors and security checks."""
