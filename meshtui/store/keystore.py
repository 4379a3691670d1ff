"""The key file: one identity, encrypted by a password or plain, readable by its owner only.

    {"format": "meshtui-keys", "version": 1, "labels": {"jsonmesh": "MESH-… 02…"},
     "kdf": {"name": "scrypt", "n": …, "r": 8, "p": 1, "salt": hex} | null,
     "nonce": hex | null, "secret": hex}

`secret` is the BIP39 seed under AES-256-GCM, with all other fields as associated data; where `kdf`
is null, the plain seed followed by the first 8 bytes of a SHA-256 over header and seed, against
damage. Labels are public: they let the identity be shown without a password, and prove nothing;
whoever opens the file compares them with what the keys give.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import stat
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meshtui.crypto.keys import Identity
from meshtui.errors import KeystoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = "meshtui-keys"
VERSION = 1
SEED_BYTES = 64
MAX_FILE_BYTES = 65_536
MAX_PASSWORD_CHARS = 1_024

_SCRYPT_N = 2**16  # 64 MiB and about 0.2 s: bearable on a small board, dear for a guesser
_SCRYPT_N_RANGE = (2**14, 2**18)
_SCRYPT_R = 8
_SCRYPT_P_RANGE = (1, 4)
_CHECK_BYTES = 8
_NONCE_BYTES = 12
_SALT_BYTES = 16
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


@dataclass(frozen=True, slots=True)
class _Content:
    """A key file taken apart; `header` is everything but the secret, as it is authenticated."""

    labels: Mapping[str, str]
    kdf: Mapping[str, Any] | None
    nonce: bytes
    secret: bytes
    header: bytes


class KeyFile:
    """What can be done with a key file; nothing of it is kept in memory."""

    @staticmethod
    def create(
        path: Path,
        identity: Identity,
        password: str | None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Write a new key file; it is whole and on disk on return, or not there at all.

        Args:
            password: None = not encrypted.
            labels: Public text a network, such as node id and public key.

        Raises:
            KeystoreError: It could not be written, or something of that name is there already.
        """
        kdf: dict[str, Any] | None = None
        nonce: str | None = None
        if password is not None:
            salt = secrets.token_bytes(_SALT_BYTES).hex()
            kdf = {"name": "scrypt", "n": _SCRYPT_N, "r": _SCRYPT_R, "p": 1, "salt": salt}
            nonce = secrets.token_bytes(_NONCE_BYTES).hex()
        fields: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "labels": dict(labels or {}),
            "kdf": kdf,
            "nonce": nonce,
        }
        header = _header(fields)
        if kdf is None or nonce is None or password is None:
            secret = identity.reveal + _checksum(header, identity.reveal)
        else:
            cipher = _cipher(path, kdf, password)
            secret = cipher.encrypt(bytes.fromhex(nonce), identity.reveal, header)
        text = json.dumps({**fields, "secret": secret.hex()}, indent=2) + "\n"
        _write_new(path, text.encode())

    @staticmethod
    def load(path: Path, password: str | None = None) -> Identity:
        """Open a key file; slow on purpose where it is encrypted.

        Raises:
            KeystoreError: It is missing, damaged, open to others, or the password is wrong.
        """
        content = _read(path)
        if content.kdf is None:
            seed, check = content.secret[:-_CHECK_BYTES], content.secret[-_CHECK_BYTES:]
            if not secrets.compare_digest(check, _checksum(content.header, seed)):
                raise _damaged(path)
            return _identity(path, seed)
        if password is None:
            raise _refusal(path, "a password is needed")
        from cryptography.exceptions import InvalidTag

        try:
            seed = _cipher(path, content.kdf, password).decrypt(
                content.nonce, content.secret, content.header
            )
        except InvalidTag:
            raise _refusal(path, "wrong password, or the file is damaged") from None
        return _identity(path, seed)

    @staticmethod
    def labels(path: Path) -> Mapping[str, str]:
        """Return the public labels; without the password they prove nothing.

        Raises:
            KeystoreError: It is missing, damaged or open to others.
        """
        return _read(path).labels

    @staticmethod
    def is_encrypted(path: Path) -> bool:
        """Tell whether `load` needs a password.

        Raises:
            KeystoreError: It is missing, damaged or open to others.
        """
        return _read(path).kdf is not None


def _identity(path: Path, seed: bytes) -> Identity:
    if len(seed) != SEED_BYTES or len(set(seed)) == 1:
        raise _damaged(path)
    return Identity(seed)


def _header(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _checksum(header: bytes, seed: bytes) -> bytes:
    return hashlib.sha256(header + seed).digest()[:_CHECK_BYTES]


def _cipher(path: Path, kdf: Mapping[str, Any], password: str) -> Any:
    """Derive the key of a password; the cost was checked by `_kdf`."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if not password or len(password) > MAX_PASSWORD_CHARS:
        raise _refusal(path, f"a password has 1 to {MAX_PASSWORD_CHARS} characters")
    # the same word typed on another keyboard may arrive in another form
    word = unicodedata.normalize("NFKD", password).encode("utf-8", "surrogatepass")
    n, r, p = kdf["n"], kdf["r"], kdf["p"]
    limit = 128 * r * (n + p + 2) + 65_536
    salt = bytes.fromhex(kdf["salt"])
    return AESGCM(hashlib.scrypt(word, salt=salt, n=n, r=r, p=p, maxmem=limit, dklen=32))


def _write_new(path: Path, content: bytes) -> None:
    """Write a file under a passing name, then link it to its own: whole, and never over another."""
    passing = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(passing, flags, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _name(passing, path)
            _sync_folder(path.parent)
        finally:
            with contextlib.suppress(FileNotFoundError):
                passing.unlink()
    except FileExistsError:
        raise _refusal(path, "there is one already; move it away first") from None
    except OSError as error:
        raise _refusal(path, f"cannot be written: {error.strerror}") from error


def _name(passing: Path, path: Path) -> None:
    """Give a file its name unless that is taken (FileExistsError)."""
    try:
        os.link(passing, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # a memory card's file system: reserve the name, then take it
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        passing.replace(path)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _read(path: Path) -> _Content:
    try:
        fields = json.loads(_read_bytes(path))
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise _refusal(path, "this is not a key file of meshtui")
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        raise _refusal(path, f"made by a newer meshtui (version {version}); use that one")
    if version != VERSION:
        raise _damaged(path)
    return _content(path, fields)


def _content(path: Path, fields: dict[str, Any]) -> _Content:
    secret = _bytes(path, fields.pop("secret", None))
    labels, kdf, nonce = fields.get("labels"), fields.get("kdf"), fields.get("nonce")
    if not isinstance(labels, dict) or not all(isinstance(text, str) for text in labels.values()):
        raise _damaged(path)
    header = _header(fields)
    if kdf is None:
        if len(secret) != SEED_BYTES + _CHECK_BYTES:
            raise _damaged(path)
        return _Content(labels, None, b"", secret, header)
    _check_kdf(path, kdf)
    return _Content(labels, kdf, _bytes(path, nonce, _NONCE_BYTES), secret, header)


def _check_kdf(path: Path, kdf: Any) -> None:
    """Refuse what would take for ever or protect nothing."""
    if not isinstance(kdf, dict) or kdf.get("name") != "scrypt":
        raise _damaged(path)
    n, p = kdf.get("n"), kdf.get("p")
    if type(n) is not int or type(p) is not int or kdf.get("r") != _SCRYPT_R:
        raise _damaged(path)
    is_power = n > 0 and n & (n - 1) == 0
    is_bearable = _SCRYPT_N_RANGE[0] <= n <= _SCRYPT_N_RANGE[1]
    if not (is_power and is_bearable and _SCRYPT_P_RANGE[0] <= p <= _SCRYPT_P_RANGE[1]):
        raise _refusal(path, "its password cost is out of bounds; the file is damaged")
    _bytes(path, kdf.get("salt"), _SALT_BYTES)


def _bytes(path: Path, digits: object, length: int | None = None) -> bytes:
    try:
        value = bytes.fromhex(digits) if isinstance(digits, str) else b""
    except ValueError:
        value = b""
    if not value or (length is not None and len(value) != length):
        raise _damaged(path)
    return value


def _read_bytes(path: Path) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        if path.is_symlink():
            raise _refusal(path, "this is a symbolic link; name the key file itself")
        with os.fdopen(os.open(path, flags), "rb") as file:
            _check_owner(path, os.fstat(file.fileno()))
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise _refusal(path, "there is no key file; make one with: identity new") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is no file's"
        raise _refusal(path, f"cannot be read: {why}") from error
    if len(content) > MAX_FILE_BYTES:
        raise _refusal(path, "this is not a key file of meshtui (too big)")
    return content


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _refusal(path, "this is not a file")
    if status.st_uid != os.geteuid():
        raise _refusal(path, "it belongs to another user; copy it and own the copy")
    if status.st_mode & 0o077:
        raise _refusal(path, f"others may read or change it; run: chmod 600 '{path}'")
    folder = path.absolute().parent.stat().st_mode
    if folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        raise _refusal(path, f"anybody may replace it; run: chmod o-w '{path.parent}'")


def _refusal(path: Path, words: str) -> KeystoreError:
    return KeystoreError(f"{path}: {words}")


def _damaged(path: Path) -> KeystoreError:
    words = "the key file is damaged; move it away and restore it from your words"
    return _refusal(path, f"{words} with: identity restore")
