"""What leads a stock client to our server although it knows Amazon's addresses only.

A proxy that answers every CONNECT with a TLS port of its own, whose certificate bears
Amazon's host names and is signed by a throw-away authority; behind it the bytes go to the
server as they are (amazon-drive-api.md §9.3). Nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = (
    "drive.amazonaws.com",
    "api.amazon.com",
    "cdws.us-east-1.amazonaws.com",
    "content-na.drive.amazonaws.com",
    "www.amazon.ca",
    "thumbnails-photos.amazon.ca",
)


@dataclass(frozen=True, slots=True)
class Front:
    """A proxy and who vouches for what is behind it.

    Attributes:
        proxy_url: for HTTPS_PROXY.
        ca_file: the authority's certificate.
    """

    proxy_url: str
    ca_file: Path


def make_certificates(
    folder: Path, names: tuple[str, ...] = NAMES
) -> tuple[Path, Path]:
    """Make an authority and a certificate for some names.

    Returns:
        the authority's certificate, and key with certificate for the server.
    """
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acd-tui test CA")])

    def builder(name: x509.Name) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(ca_name)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=7))
        )

    ca = (
        builder(ca_name)
        .public_key(ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .public_key(key.public_key())
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    ca_file, server_file = folder / "ca.pem", folder / "server.pem"
    ca_file.write_bytes(ca.public_bytes(pem))
    server_file.write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + leaf.public_bytes(pem)
    )
    return ca_file, server_file


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        while data := await reader.read(256 * 1024):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
) -> None:
    """Pass bytes both ways between a connection and a local port."""
    try:
        there, back = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, asyncio.CancelledError):
        writer.close()
        return
    up = asyncio.create_task(_pipe(reader, back))
    down = asyncio.create_task(_pipe(there, writer))
    try:
        # What the server has closed is over; a client may wait with its own end.
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        if not down.done():
            await asyncio.wait({down}, timeout=5)
    finally:
        for task in (up, down):
            task.cancel()
        for one in (back, writer):
            one.close()
        try:
            await asyncio.gather(up, down, return_exceptions=True)
            for one in (back, writer):
                with contextlib.suppress(OSError, ssl.SSLError):
                    await one.wait_closed()
        finally:  # also when the front is closed meanwhile
            for one in (back, writer):
                one.transport.abort()


async def _ended(tasks: set[asyncio.Task[None]]) -> None:
    """Wait for what serves clients that are gone: it ends by itself, sockets closed."""
    if tasks:
        await asyncio.wait(tasks, timeout=10)
    for task in tuple(tasks):
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _serving(server_port: int, certificate: Path) -> AsyncIterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    tasks: set[asyncio.Task[None]] = set()

    def remember() -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def terminate(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        remember()
        await _join(reader, writer, server_port)

    tls = await asyncio.start_server(terminate, "127.0.0.1", 0, ssl=context)
    tls_port = tls.sockets[0].getsockname()[1]

    async def connect(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        remember()
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, OSError):
            writer.close()
            return
        if not head.startswith(b"CONNECT "):
            writer.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _join(reader, writer, tls_port)

    proxy = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield proxy.sockets[0].getsockname()[1]
    finally:
        proxy.close()
        tls.close()
        await _ended(tasks)
        await asyncio.sleep(0)  # what was aborted is closed by the loop's next round


@contextlib.contextmanager
def tls_front(server_port: int, folder: Path) -> Iterator[Front]:
    """Lead Amazon's names to a port of this machine, in a thread, meanwhile."""
    ca_file, certificate = make_certificates(folder)
    started, ports = threading.Event(), [0]
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with _serving(server_port, certificate) as port:
            ports[0] = port
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        if not started.wait(30):
            raise RuntimeError("the TLS front did not start")
        yield Front(f"http://127.0.0.1:{ports[0]}", ca_file)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
