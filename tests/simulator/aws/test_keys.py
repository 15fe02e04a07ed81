"""Seeded RSA keys: real keys, and the same ones again."""

from __future__ import annotations

import random

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from simulator.aws.keys import KEY_BITS, seeded_key


def test_a_seed_signs_the_same_again_and_the_public_half_agrees() -> None:
    one, again = seeded_key(random.Random(4)), seeded_key(random.Random(4))
    signature = one.sign(b"fare", padding.PKCS1v15(), hashes.SHA256())
    assert again.sign(b"fare", padding.PKCS1v15(), hashes.SHA256()) == signature
    one.public_key().verify(signature, b"fare", padding.PKCS1v15(), hashes.SHA256())
    assert one.key_size == KEY_BITS


def test_another_seed_has_another_key() -> None:
    moduli = {seeded_key(random.Random(n)).private_numbers().public_numbers.n for n in range(4)}
    assert len(moduli) == 4
