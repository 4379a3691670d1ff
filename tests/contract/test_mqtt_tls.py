"""Certificates: the good one is taken, every bad one is refused with the reason."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest

from meshtui.errors import TransportError
from tests.support.certificates import Authority
from tests.support.links import open_link, opened

CONNACK = b"\x20\x02\x00\x00"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@contextlib.asynccontextmanager
async def tls_broker(certificate, key, newest=None):
    """A server with a certificate that welcomes every MQTT client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if newest is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest

    async def serve(reader, writer):
        with contextlib.suppress(OSError):
            await reader.read(4_096)
            writer.write(CONNACK)
            await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def url(port: int, authority, **options: str) -> str:
    query = "".join(f"&{key}={value}" for key, value in options.items())
    return f"jsonmesh+mqtts://localhost:{port}?ca={authority.file}{query}"


async def test_a_good_certificate_is_taken(authority) -> None:
    async with tls_broker(*authority.issue("localhost")) as port, opened(url(port, authority)) as a:
        assert a.link.remark == ""


@pytest.mark.parametrize(
    ("words", "how"),
    [
        ("expired", {"from_day": -10, "to_day": -1}),
        ("not yet valid", {"from_day": 2, "to_day": 10}),
        ("self-signed", {"is_self_signed": True}),
    ],
)
async def test_a_bad_certificate_is_refused(authority, words: str, how: dict) -> None:
    async with tls_broker(*authority.issue("localhost", **how)) as port:
        with pytest.raises(TransportError, match=words) as failure:
            await open_link(url(port, authority))
    assert failure.value.is_final


async def test_a_certificate_for_another_host_is_refused(authority) -> None:
    async with tls_broker(*authority.issue("elsewhere.example")) as port:
        with pytest.raises(TransportError, match=r"not valid for 'localhost'"):
            await open_link(url(port, authority))


async def test_a_certificate_of_an_unknown_authority_is_refused(authority, tmp_path) -> None:
    stranger = Authority(tmp_path, "Stranger")
    async with tls_broker(*stranger.issue("localhost")) as port:
        with pytest.raises(TransportError, match="not trusted"):
            await open_link(url(port, authority))
        with pytest.raises(TransportError, match="not trusted"):
            await open_link(f"jsonmesh+mqtts://localhost:{port}")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_versions_older_than_tls_1_2_are_refused(authority, version) -> None:
    async with tls_broker(*authority.issue("localhost"), newest=version) as port:
        with pytest.raises(TransportError, match="no TLS with localhost"):
            await open_link(url(port, authority))


async def test_an_unchecked_certificate_is_remarked(authority) -> None:
    async with (
        tls_broker(*authority.issue("elsewhere.example")) as port,
        opened(url(port, authority, insecure="1")) as link,
    ):
        assert link.link.remark == "the broker's certificate is not checked"


@pytest.mark.parametrize(
    ("answer", "words"),
    [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS there"), (b"", "it hung up")],
)
async def test_a_plain_port_is_recognised(authority, answer: bytes, words: str) -> None:
    async def serve(reader, writer):
        await reader.read(4_096)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    with pytest.raises(TransportError, match=words):
        await open_link(url(server.sockets[0].getsockname()[1], authority))
    server.close()


@pytest.mark.parametrize("content", [None, "", "no certificate"])
async def test_an_authority_that_cannot_be_read_is_named(authority, tmp_path, content) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(TransportError, match=f"cannot read ca {file}"):
        await open_link(f"jsonmesh+mqtts://localhost:1?ca={file}")
