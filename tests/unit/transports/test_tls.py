"""Contexts of TLS are shared by those with the same settings, as long as files are the same."""

from __future__ import annotations

import os
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from meshtui.errors import TransportError
from meshtui.transports.tls import client_context
from meshtui.transports.url import parse_link_url
from tests.support.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path


def context_of(options: str = "") -> ssl.SSLContext:
    return client_context(parse_link_url(f"jsonmesh+mqtts://broker.example{options}")[1])


def test_those_with_the_same_settings_share_a_context(tmp_path: Path) -> None:
    one, other = Authority(tmp_path, "one").file, Authority(tmp_path, "other").file
    options = ("", "?insecure=1", f"?ca={one}", f"?ca={other}", f"?ca={one}&insecure=1")

    contexts = [context_of(each) for each in options]

    assert len(set(map(id, contexts))) == len(options)
    assert [context_of(each) for each in options] == contexts
    assert [each.verify_mode for each in contexts] == [
        ssl.CERT_NONE if "insecure" in each else ssl.CERT_REQUIRED for each in options
    ]


def test_those_who_connect_at_once_wait_for_one_context(tmp_path: Path) -> None:
    options = f"?ca={Authority(tmp_path).file}"
    found: list[ssl.SSLContext] = []
    threads = [
        threading.Thread(target=lambda: found.append(context_of(options))) for _ in range(10)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 10
    assert len(set(map(id, found))) == 1


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    file = Authority(tmp_path).file
    before = context_of(f"?ca={file}")
    known = {each["serialNumber"] for each in before.get_ca_certs()}

    Authority(tmp_path)
    os.utime(file, ns=(0, 1))
    after = context_of(f"?ca={file}")

    assert after is not before
    assert {each["serialNumber"] for each in after.get_ca_certs()} != known


def test_a_file_that_was_mended_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "test-authority.pem"
    for words in ("No such file", "holds no PEM"):
        with pytest.raises(TransportError, match=words):
            context_of(f"?ca={file}")
        file.write_text("no certificate")
    Authority(tmp_path)

    assert context_of(f"?ca={file}").get_ca_certs()
