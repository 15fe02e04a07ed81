"""RSA keys from a stream of chance: the same seed signs with the same key."""

from __future__ import annotations

import math
import random

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)

KEY_BITS = 1024
"""Short, as it protects nothing: a 2048-bit one takes a quarter of a second to find this way."""

_EXPONENT = 65_537
_ROUNDS = 20
_SMALL_PRIMES = math.prod(n for n in range(3, 1000, 2) if all(n % d for d in range(3, n, 2)))


def seeded_key(chance: random.Random) -> RSAPrivateKey:
    """A key whose primes are drawn from `chance`."""
    p, q = _prime(chance), _prime(chance)
    while q == p:
        q = _prime(chance)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    return RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa_crt_dmp1(d, p),
        dmq1=rsa_crt_dmq1(d, q),
        iqmp=rsa_crt_iqmp(p, q),
        public_numbers=RSAPublicNumbers(_EXPONENT, p * q),
    ).private_key()


def _prime(chance: random.Random) -> int:
    bits = KEY_BITS // 2
    while True:
        # The two highest bits are set, so that the product has all of its bits.
        number = chance.getrandbits(bits) | 3 << bits - 2 | 1
        if math.gcd(number, _SMALL_PRIMES) > 1 or math.gcd(number - 1, _EXPONENT) > 1:
            continue
        if _is_prime(number, chance):
            return number


def _is_prime(number: int, chance: random.Random) -> bool:
    """Miller and Rabin's test: wrong once in 4 ** _ROUNDS at most."""
    odd, twos = number - 1, 0
    while not odd & 1:
        odd, twos = odd >> 1, twos + 1
    for _ in range(_ROUNDS):
        power = pow(chance.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
