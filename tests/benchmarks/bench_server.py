"""How fast the server is, beside nginx, `md5sum` and a bare disk in the same run.

Run by hand: `python -m tests.benchmarks.bench_server [--mib 1024] [--nodes 1000000]`.
Rows that compare with nginx need it installed, with its WebDAV module.

Of small requests three numbers are told. What was reached a second depends on what else the
machine does, the client of this benchmark included. What the server's processor time allows
on one core depends on that far less; a server may use more than one core, for SQLite, MD5
and the disk do not need the interpreter. Small files get dear where thousands were deleted
in the last minutes: an ext4 without a journal looks for numbers that were not in use then.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from acd_tui.server import accounts
from acd_tui.server.storage import Storage
from acd_tui.server.tree import new_id
from tests.benchmarks.load import Rate, load, request
from tests.server_process import ServerProcess, running_server

_MIB = 2**20
_TICKS = os.sysconf("SC_CLK_TCK")
_BOUNDARY = "-------bench"
_FORM = f"multipart/form-data; boundary={_BOUNDARY}"


def processor_seconds(pid: int) -> float:
    """User and system time of a process and of those it started."""
    total = 0.0
    for one in (pid, *_children(pid)):
        fields = Path(f"/proc/{one}/stat").read_text("ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


def resident_mib(pid: int) -> float:
    """Resident memory of a process and of those it started."""
    pages = sum(
        int(Path(f"/proc/{one}/statm").read_text("ascii").split()[1])
        for one in (pid, *_children(pid))
    )
    return pages * os.sysconf("SC_PAGESIZE") / _MIB


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(one) for one in text.split()]


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[tuple[int, int] | None]:
    """Serve a folder by GET and WebDAV PUT; its port and process, None without nginx."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        yield None
        return
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    (folder / "data").mkdir()
    (folder / "nginx.conf").write_text(
        f"""daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
        user root; events {{}}
        http {{ access_log off; client_body_temp_path {folder}/body; sendfile on;
          server {{ listen 127.0.0.1:{port} backlog=1024; root {folder}/data;
            client_max_body_size 0; keepalive_requests 1000000;
            location / {{ dav_methods PUT; }} }} }}""",
        "utf-8",
    )
    command = [program, "-c", f"{folder}/nginx.conf", "-p", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            if process.poll() is not None:
                yield None
                return
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


class Bench:
    """A server with a drive to be measured.

    Args:
        server: runs.
        mib: of the large file.
        nodes: in the change feed.
    """

    def __init__(self, server: ServerProcess, mib: int, nodes: int) -> None:
        self.server = server
        self.mib = mib
        self.nodes = nodes
        self.host = server.url.removeprefix("http://")
        self.port = int(self.host.rpartition(":")[2])
        self.token = server.token()["access_token"]

    def ask(self, method: str, target: str, body: bytes = b"", kind: str = "") -> bytes:
        """One request and its answer's body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Authorization": f"Bearer {self.token}", "Host": self.host}
        if kind:
            headers["Content-Type"] = kind
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        assert answer.status < 300, data
        return data

    def load(
        self,
        name: str,
        make: Callable[[int], bytes],
        count: int,
        *,
        status: int = 200,
        yardstick: tuple[str, float] | None = None,
    ) -> None:
        """Measure small requests, and print."""
        before, ours = processor_seconds(self.server.pid), time.process_time()
        rate: Rate = asyncio.run(
            load("127.0.0.1", self.port, make, count=count, status=status)
        )
        spent = processor_seconds(self.server.pid) - before
        ours = time.process_time() - ours
        line = (
            f"{name:26} {rate.per_second:6.0f}/s; {spent / count * 1e6:5.0f} us of"
            f" processor a request = {count / spent:5.0f}/s a core; {ours / count * 1e6:4.0f}"
            f" us of the client; slowest hundredth {rate.slowest:5.1f} ms"
        )
        if yardstick is not None:
            line += f", {rate.per_second / yardstick[1]:.2f} x {yardstick[0]}"
        print(line)


def form(name: str, parent: str, content: bytes) -> bytes:
    """An upload's body."""
    meta = json.dumps({"name": name, "kind": "FILE", "parents": [parent]})
    return (
        (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{meta}'
            f"\r\n--{_BOUNDARY}\r\nContent-Disposition: form-data;"
            ' name="content"; filename="f"\r\nContent-Type: application/octet-stream\r\n\r\n'
        ).encode()
        + content
        + f"\r\n--{_BOUNDARY}--\r\n".encode()
    )


def small(bench: Bench, page_rate: float | None, folder: Path) -> None:
    """Small requests of each kind."""
    root = json.loads(bench.ask("GET", "/drive/v1/nodes?filters=isRoot:true"))["data"][
        0
    ]

    def new_folder(name: str) -> str:
        body = json.dumps({"name": name, "kind": "FOLDER", "parents": [root["id"]]})
        made = bench.ask("POST", "/drive/v1/nodes", body.encode())
        return str(json.loads(made)["id"])

    some, many = new_folder("some"), new_folder("many")

    def asked(method: str, target: str, body: bytes = b"", kind: str = "") -> bytes:
        return request(method, bench.host, target, bench.token, body, kind)

    def folder_request(number: int) -> bytes:
        body = {"name": f"folder {number}", "kind": "FOLDER", "parents": [root["id"]]}
        return asked("POST", "/drive/v1/nodes", json.dumps(body).encode())

    content = os.urandom(4096)
    target = "/cdproxy/nodes?suppress=deduplication"

    def upload_request(number: int) -> bytes:
        folder = some if number < 200 else many
        return asked("POST", target, form(f"file {number}", folder, content), _FORM)

    page = ("nginx's 4 KiB files", page_rate) if page_rate else None
    bench.load(
        "4 KiB upload",
        upload_request,
        4000,
        status=201,
        yardstick=("bare durable files", bare_files(folder)),
    )
    bench.load(
        "folder create",
        folder_request,
        4000,
        status=201,
        yardstick=("bare appends with fdatasync", bare_appends(folder)),
    )
    node = asked("GET", f"/drive/v1/nodes/{some}")
    bench.load("node get", lambda _: node, 8000, yardstick=page)
    listing = asked("GET", f"/drive/v1/nodes?filters={quote('parents:' + some)}")
    bench.load("list of 200, unchanged", lambda _: listing, 4000, yardstick=page)
    children = json.loads(bench.ask("GET", f"/drive/v1/nodes/{some}/children"))["data"]

    def other_listing(number: int) -> bytes:
        query = f"parents:{some} AND contentProperties.size:[{-number} TO *]"
        return asked("GET", f"/drive/v1/nodes?filters={quote(query)}")

    bench.load("list of 200, all different", other_listing, 4000, yardstick=page)
    files = [asked("GET", f"/cdproxy/nodes/{one['id']}/content") for one in children]
    bench.load("4 KiB download", lambda n: files[n % len(files)], 8000, yardstick=page)


def bare_files(folder: Path, count: int = 2000, threads: int = 16) -> float:
    """4 KiB files made durable one by one, a second."""
    from concurrent.futures import ThreadPoolExecutor

    place = folder / "bare"
    place.mkdir()
    data = os.urandom(4096)

    def write(number: int) -> None:
        with (place / str(number)).open("wb") as file:
            file.write(data)
            os.fsync(file.fileno())

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(write, range(count)))
    return count / (time.perf_counter() - started)


def bare_appends(folder: Path, count: int = 1000) -> float:
    """4 KiB appended to one file and made durable, a second."""
    with (folder / "appended").open("wb", buffering=0) as file:
        started = time.perf_counter()
        for _ in range(count):
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
    return count / (time.perf_counter() - started)


def nginx_rate(port: int, folder: Path) -> float:
    """4 KiB files that nginx serves a second to the same client."""
    (folder / "data" / "small").write_bytes(os.urandom(4096))
    one = request("GET", f"127.0.0.1:{port}", "/small")
    return asyncio.run(load("127.0.0.1", port, lambda _: one, count=8000)).per_second


def md5sum(path: Path) -> tuple[float, float]:
    """Wall and processor seconds of `md5sum`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(["md5sum", path], check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def curl(*arguments: str) -> float:
    """Wall seconds of a curl that must succeed."""
    started = time.perf_counter()
    subprocess.run(
        ["curl", "-sS", "-f", "-o", "/dev/null", "-H", "Expect:", *arguments],
        check=True,
    )
    return time.perf_counter() - started


def large(bench: Bench, other: tuple[int, int] | None, folder: Path) -> None:
    """One large file up and down; the best of three, for all that is compared.

    What the kernel spends on new pages of its cache differs by a factor of ten within
    minutes, on a virtual machine; it hits all of them alike.
    """
    path = folder / "large"
    with path.open("wb") as file:
        for _ in range(bench.mib):
            file.write(os.urandom(_MIB))
    gib = bench.mib / 1024
    md5_wall, md5_spent = min(md5sum(path) for _ in range(3))
    print(f"md5sum: {md5_wall / gib:.2f} s, {md5_spent / gib:.2f} processor s a GiB")
    memory = resident_mib(bench.server.pid)
    for name, ours in (("upload", upload_large), ("download", download_large)):
        walls, spents, yardsticks = [], [], []
        for number in range(3):
            before = processor_seconds(bench.server.pid)
            walls.append(ours(bench, path, number))
            spents.append(processor_seconds(bench.server.pid) - before)
            if other is not None:
                yardsticks.append(nginx_large(name, other, path, number))
        wall, spent = min(walls), min(spents)
        line = (
            f"{name:8} {wall / gib:.2f} s, {spent / gib:.2f} processor s a GiB,"
            f" {spent / md5_spent:.2f} x md5sum's"
        )
        if yardsticks:
            nginx_wall = min(wall for wall, _ in yardsticks)
            nginx_spent = min(spent for _, spent in yardsticks)
            line += f", {nginx_wall / wall:.2f} x nginx's speed"
            line += f" (nginx {nginx_wall / gib:.2f} s, {nginx_spent / gib:.2f})"
        if name == "upload":  # MD5 cannot be had sooner than by md5sum
            line += f", {md5_wall / wall:.2f} x md5sum's speed"
        print(line)
    print(f"memory {memory:.0f} MiB before, {resident_mib(bench.server.pid):.0f} after")


def upload_large(bench: Bench, path: Path, number: int) -> float:
    """Wall seconds."""
    metadata = json.dumps({"name": f"large {number}", "kind": "FILE"})
    return curl(
        *("-H", f"Authorization: Bearer {bench.token}"),
        *("-F", f"metadata={metadata};type=application/json"),
        *("-F", f"content=@{path};filename=f;type=application/octet-stream"),
        f"http://{bench.host}/cdproxy/nodes?suppress=deduplication",
    )


def download_large(bench: Bench, path: Path, number: int) -> float:
    """Wall seconds."""
    query = quote(f'name:"large {number}"')
    found = bench.ask("GET", f"/drive/v1/nodes?filters={query}")
    return curl(
        *("-H", f"Authorization: Bearer {bench.token}"),
        f"http://{bench.host}/cdproxy/nodes/{json.loads(found)['data'][0]['id']}/content",
    )


def nginx_large(
    name: str, other: tuple[int, int], path: Path, number: int
) -> tuple[float, float]:
    """Wall and processor seconds of nginx with the same file; a new one each time."""
    port, pid = other
    before = processor_seconds(pid)
    url = f"http://127.0.0.1:{port}/large{number}"
    wall = curl("-T", str(path), url) if name == "upload" else curl(url)
    return wall, processor_seconds(pid) - before


def fill(directory: Path, count: int) -> None:
    """Give a user of its own many nodes, without the cost of asking for each."""
    storage = Storage(directory)
    storage.open()
    try:
        hashed = accounts.hash_password("correct horse battery staple")
        storage.db.write_now(lambda db: accounts.add_user(db, "many", hashed, 1.7e9))

        def some(start: int) -> None:
            def work(db) -> None:  # type: ignore[no-untyped-def]
                user, root, sequence = db.execute(
                    "SELECT num, root, sequence FROM users WHERE name = 'many'"
                ).fetchone()
                (above,) = db.execute(
                    "SELECT num FROM nodes WHERE id = ?", (root,)
                ).fetchone()
                rows = [
                    (
                        new_id(),
                        user,
                        f"IMG_{n}.jpg",
                        f"img_{n}.jpg",
                        1_700_000_000_000 + n,
                        1_700_000_000_000 + n,
                        json.dumps([root]),
                        sequence + n - start + 1,
                        n,
                        f"{n:032x}",
                        '{"acdtui":{"mtime":"1700000000000000000"}}',
                    )
                    for n in range(start, min(start + 50_000, count))
                ]
                db.executemany(
                    "INSERT INTO nodes (id, user, kind, name, name_key, status, version,"
                    " created, modified, created_by, labels, parents, changed, size, md5,"
                    " content_version, content_type, extension, properties) VALUES"
                    " (?, ?, 'FILE', ?, ?, 'AVAILABLE', 1, ?, ?, 'bench', '[]', ?, ?, ?, ?,"
                    " 1, 'image/jpeg', 'jpg', ?)",
                    rows,
                )
                db.execute(
                    "INSERT INTO edges SELECT ?, num, name_key, 1 FROM nodes"
                    " WHERE user = ? AND changed > ?",
                    (above, user, sequence),
                )
                db.execute(
                    "UPDATE users SET sequence = ? WHERE num = ?",
                    (sequence + len(rows), user),
                )

            storage.db.write_now(work)

        for start in range(0, count, 50_000):
            some(start)
    finally:
        storage.close()


def feed(bench: Bench) -> None:
    """The changes of a drive with very many nodes."""
    token = bench.server.token(user="many")["access_token"]
    for _ in range(2):  # the second time from a warm cache
        before = processor_seconds(bench.server.pid)
        memory = resident_mib(bench.server.pid)
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", bench.port)
        headers = {"Authorization": f"Bearer {token}", "Host": bench.host}
        connection.request("POST", "/drive/v1/changes", b"{}", headers)
        answer = connection.getresponse()
        size, lines = 0, 0
        while piece := answer.read(_MIB):
            size += len(piece)
            lines += piece.count(b"\n")
        wall = time.perf_counter() - started
        spent = processor_seconds(bench.server.pid) - before
        print(
            f"changes of {bench.nodes:,} nodes: {bench.nodes / wall:,.0f} nodes/s,"
            f" {size / _MIB:.0f} MiB in {lines} lines, {spent:.1f} processor s,"
            f" memory {memory:.0f} to {resident_mib(bench.server.pid):.0f} MiB"
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mib", type=int, default=1024, help="size of the large file")
    options.add_argument(
        "--nodes", type=int, default=1_000_000, help="in the change feed"
    )
    options.add_argument("--dir", type=Path, help="on which disk")
    options.add_argument("--workers", help="of the server")
    options.add_argument("--only", choices=["small", "large", "feed"])
    given = options.parse_args()
    arguments = ["--workers", given.workers] if given.workers else []
    with (
        tempfile.TemporaryDirectory(dir=given.dir) as name,
        running_server(Path(name), arguments) as server,
        nginx(Path(name)) as other,
    ):
        bench = Bench(server, given.mib, given.nodes)
        rate = nginx_rate(other[0], Path(name)) if other else None
        if rate:
            print(f"nginx: {rate:.0f} files of 4 KiB a second")
        if given.only in {None, "small"}:
            small(bench, rate, Path(name))
        if given.only in {None, "large"}:
            large(bench, other, Path(name))
        if given.only in {None, "feed"}:
            fill(server.directory, given.nodes)
            feed(bench)


if __name__ == "__main__":
    main()
