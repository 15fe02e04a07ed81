"""What one value of an event may be: the comparisons of EventBridge's pattern language.

Behaviour: Amazon EventBridge User Guide, "Comparison operators for use in event patterns", and the
published matcher of EventBridge (aws/event-ruler), whose error sentences AWS reports.
"""

from __future__ import annotations

import ipaddress
import math
import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

Matcher = Callable[[Any], bool]


class InvalidPattern(ValueError):
    """A pattern that EventBridge refuses; the message is AWS's reason."""


class Pairs(tuple[tuple[str, Any], ...]):
    """A JSON object as it was written: names in order, repeated names kept."""

    __slots__ = ()


class Incomparable(float):
    """A number no double can hold; it equals nothing, and keeps its text for the complaint."""

    text: str


_IPV4 = re.compile(r"\d+\.\d+\.\d+\.\d+")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NO_TERM = "Value of anything-but must be an array or single string/number value."
_ONE_KEY = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"
_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character "
    "sequences after a wildcard character"
)
# One wildcard's worst input may keep this many places of the wildcard alive at once. AWS publishes
# no number; this one parts the user guide's accepted examples from the one it refuses.
_COMPLEXITY_LIMIT = 10


def read_number(text: str) -> float:
    """A JSON number with a fraction or an exponent. What overflows or vanishes is Incomparable."""
    value = float(text)
    mantissa = re.split("[eE]", text, maxsplit=1)[0]
    if math.isinf(value) or (value == 0 and re.search("[1-9]", mantissa)):
        lost = Incomparable("nan")
        lost.text = text
        return lost
    return value


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number; true and false are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def exactly(wanted: Any) -> Matcher:
    """Equal to a JSON scalar: numbers by value, IP addresses by address, anything else as it is."""
    if isinstance(wanted, str):
        address = _address(wanted)
        if address is None:
            return lambda value: isinstance(value, str) and value == wanted
        return lambda value: isinstance(value, str) and _address(value) == address
    if wanted is None or isinstance(wanted, bool):
        return lambda value: value is wanted
    if is_number(wanted):
        return lambda value: is_number(value) and value == wanted
    raise InvalidPattern("Match value must be String, number, true, false, or null")


def prefix(start: str) -> Matcher:
    """A string that begins with `start`."""
    return lambda value: isinstance(value, str) and value.startswith(start)


def suffix(end: str) -> Matcher:
    """A string that ends with `end`."""
    return lambda value: isinstance(value, str) and value.endswith(end)


def equals_ignore_case(wanted: str, before: str = "", after: str = "") -> Matcher:
    """A string equal to `wanted` in upper or lower case; `before`, `after`: a pattern around it."""
    letters = "".join(_either_case(letter) for letter in wanted)
    fits = re.compile(f"{before}{letters}{after}", re.DOTALL).fullmatch
    return lambda value: isinstance(value, str) and fits(value) is not None


def wildcard(text: str) -> Matcher:
    """A string that fits `text`, in which `*` is any run of characters; backslash escapes."""
    first, *rest = _pieces(text)
    if not rest:
        return lambda value: isinstance(value, str) and value == first
    *middle, last = rest
    least = len(first) + len(last)

    def fits(value: Any) -> bool:
        if not isinstance(value, str) or len(value) < least:
            return False
        if not (value.startswith(first) and value.endswith(last)):
            return False
        at, end = len(first), len(value) - len(last)
        for piece in middle:
            found = value.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return fits


def cidr(block: str) -> Matcher:
    """A string that is an IP address within `block`."""
    address, slash, bits_text = block.partition("/")
    if not slash or "/" in bits_text or not bits_text:
        raise InvalidPattern("Malformed CIDR, one '/' required")
    if not re.fullmatch(r"[+-]?\d+", bits_text):
        raise InvalidPattern("Malformed CIDR, mask bits must be an integer")
    bits = int(bits_text)
    if bits < 0:
        raise InvalidPattern("Malformed CIDR, mask bits must not be negative")
    if not (_IPV4.fullmatch(address) or _IPV6.fullmatch(address)):
        raise InvalidPattern(f"Nonstandard IP address: {address}")
    within_block = _address(address)
    if within_block is None:
        raise InvalidPattern(f"Invalid IP address: {address}")
    size = len(within_block) * 8
    if bits >= size:
        version = "IPv4" if size == 32 else "IPv6"
        raise InvalidPattern(f"{version} mask bits must be < {size}")
    hosts = (1 << (size - bits)) - 1
    top_number = int.from_bytes(within_block, "big") | hosts
    bottom, top = ((top_number - less).to_bytes(size // 8, "big") for less in (hosts, 0))

    def within(value: Any) -> bool:
        found = _address(value) if isinstance(value, str) else None
        return found is not None and len(found) == len(bottom) and bottom <= found <= top

    return within


def numeric(terms: Any) -> Matcher:
    """A number in a range: `["=", 5]`, `["<", 5]`, `[">", 0, "<=", 5]` …"""
    if not isinstance(terms, list):
        raise InvalidPattern("Value of numeric must be an array.")
    if not terms or not isinstance(terms[0], str):
        raise InvalidPattern(f"Invalid member in numeric match: {terms[0] if terms else ']'}")
    sign = terms[0]
    if sign not in _COMPARE:
        raise InvalidPattern(f"Unrecognized numeric range operator: {sign}")
    limit = _limit(terms, 1, "equals" if sign == "=" else sign)
    bounds = [(_COMPARE[sign], limit)]
    if len(terms) > 2:
        if sign not in (">", ">="):
            raise InvalidPattern(_TOO_MANY)
        bounds.append(_upper_bound(terms, limit))
    return lambda value: is_number(value) and all(holds(value, end) for holds, end in bounds)


def anything_but(terms: Any) -> Matcher:
    """Any value there is, but these: strings, numbers, or an operator's."""
    if isinstance(terms, Pairs):
        refused = _anything_but_operator(terms)
    elif isinstance(terms, list):
        if not all(isinstance(term, str) or is_number(term) for term in terms):
            raise InvalidPattern("Inside anything but list, start|null|boolean is not supported.")
        if len({isinstance(term, str) for term in terms}) != 1:
            raise InvalidPattern(
                "Inside anything but list, either all values are number or string, "
                "mixed type is not supported"
            )
        refused = [_plainly(term) for term in terms]
    elif isinstance(terms, str) or is_number(terms):
        refused = [_plainly(terms)]
    else:
        raise InvalidPattern(_NO_TERM)
    return lambda value: not any(refuses(value) for refuses in refused)


def operator_matcher(name: str, operand: Any) -> Matcher:
    """The comparison called `name`. Raises InvalidPattern for an unknown one."""
    if name in ("exactly", "prefix", "suffix", "equals-ignore-case", "wildcard"):
        if isinstance(operand, Pairs) and name in ("prefix", "suffix"):
            return _affix_ignoring_case(name, operand)
        if not isinstance(operand, str):
            spoken = "exact" if name == "exactly" else name
            raise InvalidPattern(f"{spoken} match pattern must be a string")
        if name == "exactly":
            return _plainly(operand)
        return {
            "prefix": prefix,
            "suffix": suffix,
            "equals-ignore-case": equals_ignore_case,
            "wildcard": wildcard,
        }[name](operand)
    if name == "cidr":
        if not isinstance(operand, str):
            raise InvalidPattern("prefix match pattern must be a string")
        return cidr(operand)
    if name == "numeric":
        return numeric(operand)
    if name == "anything-but":
        return anything_but(operand)
    raise InvalidPattern(f"Unrecognized match type {name}")


def expression(pairs: Pairs) -> Matcher | bool:
    """A match expression `{"prefix": "a"}`; for `exists`, just whether the field must be there."""
    if not pairs:
        raise InvalidPattern("Match expression name not found")
    name, operand = pairs[0]
    if name == "exists":
        if not isinstance(operand, bool):
            raise InvalidPattern("exists match pattern must be either true or false.")
        found: Matcher | bool = operand
    else:
        found = operator_matcher(name, operand)
    if len(pairs) > 1:
        raise InvalidPattern(_TOO_MANY if name in ("numeric", "anything-but") else _ONE_KEY)
    return found


def _affix_ignoring_case(name: str, pairs: Pairs) -> Matcher:
    if not pairs:
        raise InvalidPattern(f"{name.capitalize()} expression name not found")
    inner, text = pairs[0]
    if inner != "equals-ignore-case":
        raise InvalidPattern(f"Unsupported {name} pattern: {inner}")
    if not isinstance(text, str):
        raise InvalidPattern("equals-ignore-case match pattern must be a string")
    if len(pairs) > 1:
        raise InvalidPattern(_ONE_KEY)
    return equals_ignore_case(text, **{"after" if name == "prefix" else "before": ".*"})


def _anything_but_operator(pairs: Pairs) -> list[Matcher]:
    if not pairs:
        raise InvalidPattern("Anything-But expression name not found")
    name, operand = pairs[0]
    if name not in ("equals-ignore-case", "prefix", "suffix", "wildcard"):
        raise InvalidPattern(f"Unsupported anything-but pattern: {name}")
    if not (isinstance(operand, (str, list)) or is_number(operand)) or isinstance(operand, Pairs):
        raise InvalidPattern(_NO_TERM)
    terms = operand if isinstance(operand, list) else [operand]
    for term in terms:
        if not isinstance(term, str):
            raise InvalidPattern(
                {
                    "equals-ignore-case": "Inside anything-but/equals-ignore-case list, "
                    "number|start|null|boolean is not supported.",
                    "wildcard": "wildcard match pattern must be a string",
                }.get(name, "prefix/suffix match pattern must be a string")
            )
        if not term and name in ("prefix", "suffix"):
            raise InvalidPattern("Null prefix/suffix not allowed")
    if len(pairs) > 1:
        raise InvalidPattern(_TOO_MANY)
    return [operator_matcher(name, term) for term in terms]


def _plainly(wanted: Any) -> Matcher:
    """Equal as written: `anything-but` and `exactly` know no IP addresses."""
    if isinstance(wanted, Incomparable):
        raise InvalidPattern(f"Cannot compare number : {wanted.text}")
    if isinstance(wanted, str):
        return lambda value: isinstance(value, str) and value == wanted
    return exactly(wanted)


def _upper_bound(terms: list[Any], bottom: Any) -> tuple[Callable[[Any, Any], bool], Any]:
    sign = terms[2]
    if not isinstance(sign, str):
        raise InvalidPattern(f"Bad value in numeric range: {sign}")
    if sign not in ("<", "<="):
        raise InvalidPattern(f"Bad numeric range operator: {sign}")
    top = _limit(terms, 3, sign)
    if len(terms) > 4:
        raise InvalidPattern("Too many terms in numeric range expression")
    if not bottom < top:
        raise InvalidPattern("Bottom must be less than top")
    return _COMPARE[sign], top


def _limit(terms: list[Any], index: int, sign: str) -> Any:
    limit: Any = terms[index] if index < len(terms) else None
    if not is_number(limit):
        raise InvalidPattern(f"Value of {sign} must be numeric")
    if isinstance(limit, Incomparable):
        raise InvalidPattern(f"Cannot compare number : {limit.text}")
    try:
        float(limit)
    except OverflowError as error:
        raise InvalidPattern(f"Cannot compare number : {limit}") from error
    return limit


def _either_case(letter: str) -> str:
    forms = dict.fromkeys((letter.lower(), letter.upper()))
    return f"(?:{'|'.join(re.escape(form) for form in forms)})"


def _address(text: str) -> bytes | None:
    """The bytes of an IP address written in digits, or None."""
    if _IPV4.fullmatch(text):
        parts = [int(part) for part in text.split(".")]
        return bytes(parts) if all(part < 256 for part in parts) else None
    if not _IPV6.fullmatch(text):
        return None
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address).packed


def _pieces(text: str) -> list[str]:
    """The literal texts between the wildcards of `text`. Raises InvalidPattern as AWS does."""
    pieces, literal = [], ""
    letters = iter(enumerate(text))
    for at, letter in letters:
        following = text[at + 1 : at + 2]
        # Positions are counted in bytes, the opening quotation mark included.
        place = len(text[:at].encode("utf-8", "surrogatepass")) + 1
        if letter == "*":
            if following == "*":
                raise InvalidPattern(f"Consecutive wildcard characters at pos {place}")
            pieces.append(literal)
            literal = ""
        elif letter == "\\":
            if following not in ("*", "\\") or not following:
                raise InvalidPattern(f"Invalid escape character at pos {place}")
            literal += following
            next(letters)
        else:
            literal += letter
    pieces.append(literal)
    if len(pieces) > 1 and _crowd(pieces) > _COMPLEXITY_LIMIT:
        raise InvalidPattern(_COMPLEX)
    return pieces


def _crowd(pieces: Iterable[str]) -> int:
    """The most places of a wildcard that one input can keep alive at once."""
    steps: list[str | None] = []  # None is a wildcard
    for index, piece in enumerate(pieces):
        steps += [None, *piece] if index else [*piece]

    def closed(places: set[int]) -> frozenset[int]:
        return frozenset(
            places | {at + 1 for at in places if at < len(steps) and steps[at] is None}
        )

    alphabet = sorted({step for step in steps if step is not None})
    first = closed({0})
    seen, waiting, most = {first}, [first], len(first)
    while waiting and most <= _COMPLEXITY_LIMIT and len(seen) < 512:
        places = waiting.pop()
        for letter in alphabet:
            after = closed(
                {at for at in places if at < len(steps) and steps[at] is None}
                | {at + 1 for at in places if at < len(steps) and steps[at] == letter}
            )
            if after not in seen:
                seen.add(after)
                waiting.append(after)
                most = max(most, len(after))
    return most
