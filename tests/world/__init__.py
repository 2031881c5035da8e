"""A declared world in memory: two cities, their certificates and keys, a registrar, holders, samples, at a fixed time.

Everything is real (keys, certificates, signatures) and the same in every run: keys and salts are derived from names,
signatures are deterministic (RFC 6979).  ``from tests.world import World``; ``World()`` costs a few milliseconds.
"""

from tests.world.actors import AT, City, Party, certificate_serial, day, signer_for
from tests.world.world import World

__all__ = ["AT", "City", "Party", "World", "certificate_serial", "day", "signer_for"]
