"""Numbers of people who do not exist: right check digits, from ranges set apart and documented in docs/personas.md.

個人番号 begin with 999 and the fifth digit of the municipality code, 住民票コード with 99 and that digit; seven digits follow
that tell nothing of the order of people or of households.  No real number is known to lie there, which is not a promise
that none does: the assignment of real numbers is not public.
"""

from __future__ import annotations

from typing import Final

from schemas.errors import WarifuError
from schemas.japan.codes import individual_number_check_digit, resident_code_check_digit

SYNTHETIC_CODES: Final = frozenset({"999997", "999989"})
CAPACITY: Final = 10_000_000

# Affine permutations of 0 … 9,999,999: the factors have neither 2 nor 5 in common with the modulus.
_INDIVIDUAL: Final = (7_368_787, 1_234_567)
_RESIDENT: Final = (3_858_121, 7_654_321)


def check_synthetic(municipality_code: str) -> None:
    """Refuse to make up residents of a municipality that exists.

    Raises:
        WarifuError: ``municipality_not_synthetic``.
    """
    if municipality_code not in SYNTHETIC_CODES:
        raise WarifuError(
            "municipality_not_synthetic",
            "fictional residents are made for the fictional municipalities alone",
            hint="use municipality_code 999997 or 999989",
            layer="policy",
        )


def individual_number(municipality_code: str, serial: int) -> str:
    """Return the 個人番号 of the ``serial``-th fictional resident (0 … 9,999,999)."""
    digits = f"999{municipality_code[4]}{_mixed(serial, _INDIVIDUAL):07d}"
    return digits + individual_number_check_digit(digits)


def resident_code(municipality_code: str, serial: int) -> str:
    """Return the 住民票コード of the ``serial``-th fictional resident (0 … 9,999,999)."""
    digits = f"99{municipality_code[4]}{_mixed(serial, _RESIDENT):07d}"
    return digits + resident_code_check_digit(digits)


def _mixed(serial: int, affine: tuple[int, int]) -> int:
    if not 0 <= serial < CAPACITY:
        raise WarifuError("too_many_residents", f"at most {CAPACITY} residents can be made up")
    return (serial * affine[0] + affine[1]) % CAPACITY
