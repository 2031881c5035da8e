"""Our own test vectors: generators, cases, schemas, and what writes and checks them (docs/vectors.md)."""
