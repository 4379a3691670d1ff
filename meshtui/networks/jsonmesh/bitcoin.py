"""Bitcoin transactions in hex, decoded to be looked at; nothing is verified or sent anywhere.

Both serialisations: the old one, and the one with witnesses (BIP 144). Addresses are written for
the main network, which a transaction does not name: base58 for P2PKH and P2SH, bech32 for witness
version 0 (BIP 173), bech32m for later ones (BIP 350).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from meshtui.errors import DecodeError

MAX_HEX_CHARS = 256 * 1024
MAX_MONEY_SAT = 21_000_000 * 100_000_000
_MIN_INPUT_BYTES = 41
_MIN_OUTPUT_BYTES = 9
_SHOWN_OUTPUTS = 2
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_FINAL, _BECH32M_FINAL = 1, 0x2BC830A3
_PREFIX = "bc"


@dataclass(frozen=True, slots=True)
class TransactionOutput:
    """Who gets how much.

    Attributes:
        address: On the main network; empty where the script has none.
        script: The locking script.
    """

    value_sat: int
    address: str
    script: bytes


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a transaction says.

    Attributes:
        txid: As explorers write it: 64 hex digits.
        inputs: How many coins it spends; from whom, it does not say.
    """

    txid: str
    version: int
    inputs: int
    outputs: tuple[TransactionOutput, ...]
    lock_time: int
    has_witness: bool

    @property
    def total_sat(self) -> int:
        """The sum of all outputs; what is missing from the inputs is the fee."""
        return sum(output.value_sat for output in self.outputs)


def decode_transaction(text: str) -> Transaction:
    """Decode a transaction in hex.

    Raises:
        DecodeError: `bad-btc-tx`, with the offset in bytes of what is wrong.
    """
    if len(text) > MAX_HEX_CHARS:
        raise DecodeError("bad-btc-tx", "too long")
    try:
        data = bytes.fromhex(text.strip())
    except ValueError as error:
        raise DecodeError("bad-btc-tx", "not hex") from error
    reader = _Reader(data)
    version = reader.number(4)
    has_witness = data[4:6] == b"\x00\x01"
    if has_witness:
        reader.take(2)
    body_start = reader.position
    inputs = _skip_inputs(reader)
    outputs = tuple(_read_output(reader) for _ in range(reader.count(_MIN_OUTPUT_BYTES)))
    body = data[body_start : reader.position]
    if has_witness:
        _skip_witnesses(reader, inputs)
    lock_time = reader.number(4)
    if reader.position != len(data) or not inputs or not outputs:
        raise DecodeError("bad-btc-tx", "bytes left over, or nothing in it", reader.position)
    # the id leaves the witnesses out
    txid = _double_sha256(data[:4] + body + data[-4:])[::-1].hex()
    return Transaction(txid, version, inputs, outputs, lock_time, has_witness)


def describe(body: str) -> str:
    """Say in one line what a transaction pays to whom.

    Raises:
        DecodeError: As `decode_transaction`.
    """
    transaction = decode_transaction(body)
    paid = [
        f"{format_btc(output.value_sat)} to {output.address or 'a script'}"
        for output in transaction.outputs[:_SHOWN_OUTPUTS]
    ]
    hidden = len(transaction.outputs) - len(paid)
    if hidden:
        paid.append(f"{hidden} more, {format_btc(transaction.total_sat)} in all")
    return f"Bitcoin transaction {transaction.txid}: {'; '.join(paid)}"


def format_btc(value_sat: int) -> str:
    """Write an amount with all eight decimals."""
    return f"{value_sat // 100_000_000}.{value_sat % 100_000_000:08d} BTC"


def address_of(script: bytes) -> str:
    """Write the address of a locking script; empty where it has none."""
    if len(script) == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return _base58check(b"\x00" + script[3:23])
    if len(script) == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return _base58check(b"\x05" + script[2:22])
    return _witness_address(script)


class _Reader:
    """A place in the transaction."""

    def __init__(self, data: bytes) -> None:
        """Begin at the beginning."""
        self.position = 0
        self._data = data

    def take(self, size: int) -> bytes:
        """Take that many bytes."""
        end = self.position + size
        if end > len(self._data):
            raise DecodeError("bad-btc-tx", "it ends too early", self.position)
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def number(self, size: int) -> int:
        """Take a little-endian number."""
        return int.from_bytes(self.take(size), "little")

    def count(self, least_bytes: int) -> int:
        """Take a count of things of at least that size; refused where they cannot be there."""
        first = self.number(1)
        value = first if first < 0xFD else self.number(1 << (first - 0xFC))
        if value * least_bytes > len(self._data) - self.position:
            raise DecodeError("bad-btc-tx", "it ends too early", self.position)
        return value


def _skip_inputs(reader: _Reader) -> int:
    """Pass the inputs; returns how many there are."""
    inputs = reader.count(_MIN_INPUT_BYTES)
    for _ in range(inputs):
        reader.take(36)
        reader.take(reader.count(1))
        reader.take(4)
    return inputs


def _skip_witnesses(reader: _Reader, inputs: int) -> None:
    """Pass the witnesses, one stack an input."""
    for _ in range(inputs):
        for _ in range(reader.count(1)):
            reader.take(reader.count(1))


def _read_output(reader: _Reader) -> TransactionOutput:
    """Read one output."""
    start = reader.position
    value_sat = reader.number(8)
    if value_sat > MAX_MONEY_SAT:
        raise DecodeError("bad-btc-tx", "more money than there is", start)
    script = reader.take(reader.count(1))
    return TransactionOutput(value_sat, address_of(script), script)


def _double_sha256(data: bytes) -> bytes:
    """Hash the way Bitcoin does."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def _base58check(payload: bytes) -> str:
    """Write base58 with a checksum; leading zero bytes become ones."""
    data = payload + _double_sha256(payload)[:4]
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def _witness_address(script: bytes) -> str:
    """Write the address of a witness program (BIP 141); empty where it is none."""
    if not (4 <= len(script) <= 42 and script[1] == len(script) - 2 and 2 <= script[1] <= 40):
        return ""
    version = script[0] - 0x50 if script[0] else 0
    if not 0 <= version <= 16 or (script[0] == 0x50):
        return ""
    if version == 0 and script[1] not in (20, 32):
        return ""
    values = [version, *_groups_of_five(script[2:])]
    final = _BECH32M_FINAL if version else _BECH32_FINAL
    return f"{_PREFIX}1" + "".join(_BECH32[value] for value in values + _checksum(values, final))


def _groups_of_five(data: bytes) -> list[int]:
    """Cut bytes into groups of five bits, the last filled with zeros."""
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << (count * 5 - len(data) * 8)
    return [number >> 5 * (count - 1 - index) & 31 for index in range(count)]


def _checksum(values: list[int], final: int) -> list[int]:
    """Compute the six values that end an address."""
    high = [ord(char) >> 5 for char in _PREFIX]
    low = [ord(char) & 31 for char in _PREFIX]
    state = 1
    for value in [*high, 0, *low, *values, 0, 0, 0, 0, 0, 0]:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATORS):
            if top >> bit & 1:
                state ^= generator
    state ^= final
    return [state >> 5 * (5 - index) & 31 for index in range(6)]
