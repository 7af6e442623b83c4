"""Behind nginx, with the very settings that the README gives."""

from __future__ import annotations

import html
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.peers.tls_front import make_certificates
from tests.server.conftest import Drive
from tests.server_process import PASSWORD, ServerProcess, free_port, running_server

pytestmark = [pytest.mark.socket, pytest.mark.peer]

README = Path(__file__).parents[2] / "README.md"
REDIRECT = "http://127.0.0.1:53682/"


@dataclass
class Site:
    """A server that is reached through nginx alone.

    Attributes:
        url: where the world finds it.
        server: the process behind.
        log: its access log.
    """

    url: str
    server: ServerProcess
    log: Path
    context: ssl.SSLContext


def settings(folder: Path, port: int, behind: int) -> str:
    """The README's block, with our ports and files."""
    block = README.read_text("utf-8").partition("<!-- nginx -->")[2]
    block = block.partition("```nginx\n")[2].partition("```")[0]
    for theirs, ours in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("drive.example.org", "localhost"),
        ("/etc/ssl/drive.pem", f"{folder}/server.pem"),
        ("/etc/ssl/drive.key", f"{folder}/server.pem"),
        ("127.0.0.1:8753", f"127.0.0.1:{behind}"),
        # The port of a site at 443 need not be said.
        ("Host $host", "Host $http_host"),
    ):
        assert theirs in block
        block = block.replace(theirs, ours)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}\n{block}}}\n"
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    ca_file, _ = make_certificates(folder, ("localhost",))
    port, behind, log = free_port(), free_port(), folder / "access.log"
    url = f"https://localhost:{port}"
    arguments = ["--public-url", url, "--access-log", str(log), "--port", str(behind)]
    with running_server(folder, arguments) as server:
        (folder / "nginx.conf").write_text(settings(folder, port, behind))
        nginx = subprocess.Popen([program, "-c", str(folder / "nginx.conf")])
        try:
            wait_for(port)
            yield Site(url, server, log, ssl.create_default_context(cafile=ca_file))
        finally:
            nginx.terminate()
            nginx.wait()


def wait_for(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(
        verify=site.context, headers=site.server.headers(), timeout=30
    ) as client:
        yield client


def test_every_address_is_the_public_one(site: Site, client: httpx.Client) -> None:
    endpoint = client.get(f"{site.url}/drive/v1/account/endpoint").json()

    assert endpoint["contentUrl"] == site.url + "/cdproxy/"
    assert endpoint["metadataUrl"] == site.url + "/drive/v1/"
    assert site.server.addresses["auth_url"] == site.url + "/ap/oa"


def test_large_files_both_ways(site: Site, client: httpx.Client) -> None:
    """Larger than what nginx allows and buffers by itself."""
    drive = Drive(client, site.server, "owner")
    data = os.urandom(5_000_000)

    node = drive.file("f", data)

    assert drive.content(node).content == data
    part = drive.content(node, Range="bytes=4999990-")
    assert (part.status_code, part.content) == (206, data[-10:])
    link = drive.ok("GET", f"nodes/{node}?tempLink=true")["tempLink"]
    assert link.startswith(site.url + "/cdproxy/templink/")
    assert httpx.get(link, verify=site.context).content == data
    located = drive.ok("PUT", f"nodes/{node}/properties/me/k", 201, json={"value": "v"})
    assert located["location"].startswith(site.url + "/drive/v1/")


def test_an_upload_is_passed_on_while_it_arrives(
    site: Site, client: httpx.Client
) -> None:
    """A refusal comes although the rest of the body never does."""
    head = "POST /cdproxy/nodes HTTP/1.1\r\nHost: " + site.url.removeprefix("https://")
    request = (
        f"{head}\r\nAuthorization: Bearer wrong\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n"
        "Content-Length: 1000000000\r\n\r\n--b\r\n"
    )
    port = int(site.url.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        site.context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(request.encode())
        assert secure.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_signing_in(site: Site) -> None:
    asked = {
        "client_id": site.server.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "clouddrive:read_all",
        "state": "s",
    }
    with httpx.Client(verify=site.context, base_url=site.url) as browser:
        page = browser.get("/ap/oa", params=asked)
        assert page.status_code == 200
        assert "secure" in page.headers["set-cookie"].lower()
        found = re.findall(
            r'<input type="hidden" name="(.*?)" value="(.*?)">', page.text
        )
        form = {html.unescape(name): html.unescape(value) for name, value in found}
        typed = {"email": "owner", "password": PASSWORD}
        origin = {"Origin": site.url, "Referer": str(page.url)}
        done = browser.post("/ap/oa", data=form | typed, headers=origin)
        assert done.status_code == 303, done.text
        code = parse_qs(urlsplit(done.headers["location"]).query)["code"][0]
        token = browser.post(
            "/auth/o2/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": REDIRECT,
            },
            auth=(site.server.client_id, site.server.client_secret),
        )
    assert token.status_code == 200, token.text
    assert code not in site.log.read_text()


def test_a_foreign_name_and_the_address_of_who_asks(
    site: Site, client: httpx.Client
) -> None:
    foreign = client.get(f"{site.url}/healthz", headers={"Host": "evil.example"})
    lied = client.get(
        f"{site.url}/healthz?nodeId=mark", headers={"X-Forwarded-For": "203.0.113.9"}
    )

    assert (foreign.status_code, lied.status_code) == (421, 200)
    while "nodeId=mark" not in site.log.read_text():
        time.sleep(0.02)
    (line,) = [line for line in site.log.read_text().splitlines() if "=mark" in line]
    assert line.split()[1] == "127.0.0.1"
