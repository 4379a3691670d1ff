"""Certificates made on the spot: good ones and every kind of bad one."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.timedelta(days=1)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A certificate authority in a folder; `file` is what clients must trust."""

    def __init__(self, folder: Path, name: str = "Test Authority") -> None:
        self._folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._builder(_name(name), self._key.public_key(), -1, 30).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.file = folder / f"{name.replace(' ', '-').lower()}.pem"
        signed = certificate.sign(self._key, hashes.SHA256())
        self.file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, host: str, *, from_day: int = -1, to_day: int = 30, is_self_signed: bool = False
    ) -> tuple[Path, Path]:
        """Make a server certificate for `host`; returns the files of certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = host if is_self_signed else self._name
        builder = self._builder(_name(host), key.public_key(), from_day, to_day, issuer)
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        if host == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        signed = builder.sign(key if is_self_signed else self._key, hashes.SHA256())
        stem = f"{host}{from_day}{to_day}{is_self_signed}"
        certificate_file, key_file = self._folder / f"{stem}.crt", self._folder / f"{stem}.key"
        certificate_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate_file, key_file

    def _builder(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        from_day: int,
        to_day: int,
        issuer: str = "",
    ) -> x509.CertificateBuilder:
        today = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name(issuer or self._name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + from_day * DAY)
            .not_valid_after(today + to_day * DAY)
        )
