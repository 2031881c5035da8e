"""ISO mdoc: sealing, presenting, reading."""
