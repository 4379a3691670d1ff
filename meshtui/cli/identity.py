"""`meshtui identity`: create, restore and show the keys; verify another node's key.

Words are shown once, on stderr or in a file of the user's choice, and kept nowhere. stdout never
carries a secret.
"""

from __future__ import annotations

import getpass
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from meshtui.cli.files import read_secret, write_new
from meshtui.cli.output import Exit, Output
from meshtui.cli.profile import Profile, load_profile
from meshtui.errors import ConfigError, CryptoError, DecodeError, KeystoreError

if TYPE_CHECKING:
    import argparse

    from meshtui.model.ids import NetworkName, NodeId
    from meshtui.model.link import Myself

_NOT_LABELLED = "(made by an older meshtui; shown with --password-file)"
_PLAIN_MEANS = (
    "warning: --no-encrypt: the keys are stored readable by anyone who can read the file: other "
    "programs of yours, root, backups, whoever finds the disk. They can then read your messages "
    "and write in your name."
)
_WORDS_HINT = (
    "Write these words down, in this order, on paper. Whoever has them is you; without them a lost "
    "key file is a lost identity. They are shown once and kept nowhere:"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="create an identity", allow_abbrev=False)
    new.add_argument("--words", type=int, choices=(12, 24), default=24, help="how many; default 24")
    new.add_argument(
        "--words-file", metavar="FILE", help="write the words there instead of showing them"
    )
    restore = actions.add_parser("restore", help="restore one from its words", allow_abbrev=False)
    restore.add_argument("--words-file", metavar="FILE", help="file with the words; else asked")
    for action in (new, restore):
        action.add_argument(
            "--bip39-passphrase-file", metavar="FILE", help="file with the words' own passphrase"
        )
        action.add_argument(
            "--no-encrypt", action="store_true", help="store the keys without a password"
        )
    show = actions.add_parser("show", help="say who we are", allow_abbrev=False)
    verify = actions.add_parser(
        "verify",
        help="trust a node's key that was compared by another way",
        allow_abbrev=False,
    )
    verify.add_argument("node_id", metavar="NODEID")
    verify.add_argument(
        "public_key",
        metavar="PUBKEY",
        help="its public key: 66 hex digits; MeshCore: 64, as its id",
    )
    from meshtui.cli.main import add_common

    for action in (new, restore, show, verify):
        add_common(action, is_root=False)


def run(args: argparse.Namespace) -> int:
    """Carry out one action."""
    from meshtui.networks.jsonmesh.identity import IDENTITY_PATH

    output = Output(as_json=args.json)
    profile = load_profile(args, output=output)
    if args.action == "verify":
        return _verify(args, profile, output)
    if args.action == "show":
        myself = _shown(profile)
    else:
        _refuse_second(profile)
        myself = (
            _new(args, profile, output) if args.action == "new" else _restore(args, profile, output)
        )
    core_id, _, core_path = _meshcore_label(profile).partition(" ")
    row = {
        "node_id": myself.node_id,
        "pubkey": myself.public_key,
        "path": IDENTITY_PATH,
        "file": str(profile.paths.keys_file),
    }
    meshcore = {"node_id": core_id, "path": core_path} if core_id else None
    lines = row | {"meshcore": f"{core_id} {core_path}" if core_id else _NOT_LABELLED}
    output.row(
        row | {"meshcore": meshcore},
        lambda: "\n".join(f"{key:<8} {value}" for key, value in lines.items()),
    )
    return Exit.DONE


def _refuse_second(profile: Profile) -> None:
    path = profile.paths.keys_file
    if path.exists() or path.is_symlink():
        msg = f"{path}: there is an identity already; move it away first, or use another --home"
        raise KeystoreError(msg)


def _new(args: argparse.Namespace, profile: Profile, output: Output) -> Myself:
    from meshtui.crypto.mnemonic import new_words
    from meshtui.runtime.setup import create_identity

    if args.words_file is None and sys.__stderr__ is None:
        msg = "there is no standard error to show the words on; pass --words-file FILE"
        raise ConfigError(msg)
    words = new_words(args.words, secrets.token_bytes)
    passphrase = _passphrase(args)
    password = _new_password(args, profile, output)
    if args.words_file is not None:
        # First the words, then the keys: never an identity without its words.
        write_new(Path(args.words_file).expanduser(), words + "\n")
        output.say(f"The words are in {args.words_file}; copy them to paper, then delete the file.")
    _, myself = create_identity(profile.paths.keys_file, words, passphrase, password)
    if args.words_file is None:
        output.say(f"{_WORDS_HINT}\n\n{_numbered(words)}\n")
    return myself


def _restore(args: argparse.Namespace, profile: Profile, output: Output) -> Myself:
    from meshtui.crypto.mnemonic import check_words, normalised, weakness_of
    from meshtui.runtime.setup import create_identity

    words = normalised(_typed_words(args))
    problem = check_words(words)
    if problem:
        raise ConfigError(f"{args.words_file or 'words'}: {problem}")  # noqa: EM102
    weakness = weakness_of(words)
    if weakness:
        output.say(f"warning: {weakness}")
    password = _new_password(args, profile, output)
    _, myself = create_identity(profile.paths.keys_file, words, _passphrase(args), password)
    return myself


def public_identity(path: Path) -> Myself | None:
    """Say who a key file belongs to, by its public labels; None where they do not say.

    Raises:
        KeystoreError: It is missing, damaged or open to others.
    """
    from meshtui.model.ids import NodeId
    from meshtui.model.link import Myself
    from meshtui.runtime.bootstrap import DEFAULT_NETWORK
    from meshtui.store.keystore import KeyFile

    node_id, _, public_key = KeyFile.labels(path).get(DEFAULT_NETWORK, "").partition(" ")
    return Myself(DEFAULT_NETWORK, NodeId(node_id), public_key) if public_key else None


def _shown(profile: Profile) -> Myself:
    """Say who we are: by the keys where they are plain, else by the labels, without a password."""
    from meshtui.runtime.bootstrap import identify
    from meshtui.store.keystore import KeyFile

    path = profile.paths.keys_file
    if not KeyFile.is_encrypted(path):
        return identify(KeyFile.load(path))
    return public_identity(path) or identify(KeyFile.load(path, profile.password()))


def _meshcore_label(profile: Profile) -> str:
    """Our node id and key path on MeshCore; empty where only the password would tell."""
    from meshtui.model.text import clean_line
    from meshtui.runtime.setup import meshcore_label
    from meshtui.store.keystore import KeyFile

    path = profile.paths.keys_file
    if not KeyFile.is_encrypted(path):
        return meshcore_label(KeyFile.load(path))
    label = clean_line(KeyFile.labels(path).get("meshcore", ""), 100)
    if label or profile.password_file is None:
        return label
    return meshcore_label(KeyFile.load(path, profile.password()))


def _verify(args: argparse.Namespace, profile: Profile, output: Output) -> int:
    """Pin a key for a node, also one never heard."""
    import asyncio

    from meshtui.cli.mesh import identity_for, running_mesh
    from meshtui.model.command import AcceptKey

    try:
        network, node_id, key = _proven(args.node_id, args.public_key.lower())
    except (CryptoError, DecodeError) as error:
        raise ConfigError(f"identity verify: {error.detail or error}") from None  # noqa: EM102

    me = identity_for(profile, profile.config)  # without a loop, for it may ask for a password

    async def accept() -> None:
        async with running_mesh(profile, has_links=False, also=(network,), identity=me) as hub:
            await hub.submit(AcceptKey(network, node_id, key))

    asyncio.run(accept())
    row = {"node_id": node_id, "pubkey": key, "pin": "verified"}
    output.row(row, lambda: f"{node_id} is verified: {key}")
    return Exit.DONE


def _proven(node_id: str, key: str) -> tuple[NetworkName, NodeId, str]:
    """Read a node id and its key, of the network whose ids look so.

    Raises:
        DecodeError: One of them is not written as such.
        CryptoError: The key is another node's.
    """
    from meshtui.cli.addressing import JSONMESH, MESHCORE
    from meshtui.networks.jsonmesh.identity import prove_sender
    from meshtui.networks.meshcore import identity as meshcore

    if len(node_id) != meshcore.NODE_ID_CHARS:
        proven, public_key = prove_sender(node_id, key)
        return JSONMESH, proven, public_key.hex()
    public_key = meshcore.parse_node_id(node_id)
    if key != public_key.hex():
        raise CryptoError("bad-key", "a MeshCore node's id is its key: this one is another's")
    return MESHCORE, meshcore.node_id_of(public_key), key


def _new_password(args: argparse.Namespace, profile: Profile, output: Output) -> str | None:
    if args.no_encrypt:
        output.say(_PLAIN_MEANS)
        return None
    if profile.password_file is not None:
        return profile.password()
    reason = "the key file is to be encrypted (or say --no-encrypt)"
    password = profile.password(reason=reason)
    if password != getpass.getpass("The same again: "):
        msg = "the two passwords differ; nothing was written"
        raise KeystoreError(msg)
    return password


def _passphrase(args: argparse.Namespace) -> str:
    path = args.bip39_passphrase_file
    return read_secret(Path(path).expanduser()) if path is not None else ""


def _typed_words(args: argparse.Namespace) -> str:
    if args.words_file is not None:
        return read_secret(Path(args.words_file).expanduser())
    if not sys.stdin.isatty():
        msg = "identity restore: there is no terminal to ask for the words: pass --words-file FILE"
        raise ConfigError(msg)
    return getpass.getpass("Words (not shown): ")


def _numbered(words: str) -> str:
    listed = [f"{number:>2}. {word:<10}" for number, word in enumerate(words.split(), start=1)]
    return "\n".join(
        "  ".join(listed[start : start + 4]).rstrip() for start in range(0, len(listed), 4)
    )
