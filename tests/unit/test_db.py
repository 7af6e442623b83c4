from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import weakref
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acd_tui.db import Database, DatabaseError, must_be_readable
from acd_tui.errors import Denied, Full


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "01-things.sql").write_text(
        "CREATE TABLE things (n INTEGER PRIMARY KEY, name TEXT UNIQUE);\n"
        "CREATE TRIGGER t AFTER INSERT ON things BEGIN SELECT 1; END;\n"
    )
    return folder


def adding(name: str) -> Callable[[sqlite3.Connection], None]:
    return lambda connection: add(connection, name)


@pytest.fixture
def database(tmp_path: Path, schema: Path) -> Iterator[Database]:
    database = Database(tmp_path / "x.sqlite", schema)
    database.open()
    yield database
    database.close()


def names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM things")]


def add(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("INSERT INTO things(name) VALUES (?)", (name,))


def add_half(connection: sqlite3.Connection) -> None:
    add(connection, "half")
    raise ValueError("no")


async def test_what_is_written_can_be_read(database: Database) -> None:
    await database.write(lambda c: add(c, "a"))
    assert await database.read(names) == ["a"]


async def test_a_failing_write_undoes_itself_and_nothing_else(
    database: Database,
) -> None:
    results = await asyncio.gather(
        *(database.write(adding(f"ok{n}")) for n in range(50)),
        database.write(add_half),
        *(database.write(adding(f"also{n}")) for n in range(50)),
        return_exceptions=True,
    )
    assert [type(r) for r in results if r is not None] == [ValueError]
    written = await database.read(names)
    assert len(written) == 100
    assert "half" not in written


async def test_a_lone_write_that_fails_undoes_itself(database: Database) -> None:
    with pytest.raises(ValueError, match="no"):
        await database.write(add_half)

    await database.write(adding("ok"))
    assert await database.read(names) == ["ok"]


async def test_a_broken_rule_is_the_callers_to_see(database: Database) -> None:
    await database.write(lambda c: add(c, "a"))
    with pytest.raises(sqlite3.IntegrityError):
        await database.write(lambda c: add(c, "a"))


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises((DatabaseError, Denied)):
        await database.read(lambda c: add(c, "a"))


async def test_migrations_run_once_and_in_order(tmp_path: Path, schema: Path) -> None:
    first = Database(tmp_path / "x.sqlite", schema)
    first.open()
    await first.write(lambda c: add(c, "kept"))
    first.close()
    (schema / "02-more.sql").write_text("ALTER TABLE things ADD COLUMN size INTEGER;")
    second = Database(tmp_path / "x.sqlite", schema)
    second.open()
    try:
        rows = await second.read(
            lambda c: c.execute("SELECT name, size FROM things").fetchall()
        )
    finally:
        second.close()
    assert rows == [("kept", None)]


def test_a_newer_file_is_refused(tmp_path: Path, schema: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(DatabaseError, match="newer version"):
        Database(tmp_path / "x.sqlite", schema).open()


def test_a_damaged_file_is_named(tmp_path: Path, schema: Path) -> None:
    (tmp_path / "x.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(DatabaseError, match=r"x\.sqlite"):
        Database(tmp_path / "x.sqlite", schema).open()


def test_a_missing_folder_is_named(tmp_path: Path, schema: Path) -> None:
    with pytest.raises(Denied, match=r"x\.sqlite"):
        Database(tmp_path / "no" / "x.sqlite", schema).open()


@pytest.mark.parametrize("ask", [Database.read, Database.write])
async def test_what_came_of_a_job_is_not_kept(
    database: Database, ask: Callable[..., Awaitable[set[int]]]
) -> None:
    class Large(set[int]):
        """Can be referred to weakly."""

    kept = weakref.ref(await ask(database, lambda _connection: Large()))
    while kept() is not None:  # its thread may just be about to drop it
        await asyncio.sleep(0.001)


async def test_closing_finishes_what_was_asked_for(
    tmp_path: Path, schema: Path
) -> None:
    database = Database(tmp_path / "x.sqlite", schema)
    database.open()
    pending = [
        asyncio.ensure_future(database.write(adding(str(n)))) for n in range(100)
    ]
    await asyncio.sleep(0)
    database.close()
    await asyncio.gather(*pending)
    with pytest.raises(DatabaseError, match="closed"):
        await database.read(names)
    with contextlib.closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
        assert len(names(connection)) == 100


def test_closing_takes_the_journal_into_the_file(tmp_path: Path, schema: Path) -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads that end together shall meet in the middle
    try:
        for number in range(60):
            database = Database(tmp_path / "x.sqlite", schema)
            database.open()
            database.write_now(adding(f"{number}"))
            database.close()
            assert not (tmp_path / "x.sqlite-wal").exists()
    finally:
        sys.setswitchinterval(usual)


async def test_two_processes_worth_of_writers_share_a_file(
    tmp_path: Path, schema: Path
) -> None:
    databases = [Database(tmp_path / "x.sqlite", schema) for _ in range(2)]
    for database in databases:
        database.open()
    await asyncio.gather(
        *(
            database.write(adding(f"{i}-{n}"))
            for n in range(50)
            for i, database in enumerate(databases)
        )
    )
    assert len(await databases[0].read(names)) == 100
    for database in databases:
        database.close()


@pytest.mark.parametrize("columns", ["x TEXT", "x TEXT UNIQUE"])
async def test_a_full_disk_is_called_so(database: Database, columns: str) -> None:
    # Depending on the table SQLite undoes the one statement or the whole transaction.
    await database.write(lambda c: c.execute(f"CREATE TABLE t ({columns})"))
    await database.write(lambda c: add(c, "before"))
    await database.write(lambda c: c.execute("PRAGMA max_page_count = 1"))

    def inserting(number: int) -> Callable[[sqlite3.Connection], object]:
        value = f"{number:03}" * 1000
        return lambda c: c.execute("INSERT INTO t VALUES (?)", (value,))

    results = await asyncio.gather(
        *(database.write(inserting(n)) for n in range(50)), return_exceptions=True
    )
    errors = [error for error in results if isinstance(error, Exception)]
    assert errors
    assert all(isinstance(error, Full) for error in errors)
    assert await database.read(names) == ["before"]
    stored = await database.read(lambda c: c.execute("SELECT x FROM t").fetchall())
    assert len(stored) == 50 - len(errors)


async def test_many_answers_find_those_who_wait_for_them(database: Database) -> None:
    def asked(number: int) -> Callable[[sqlite3.Connection], int]:
        return lambda db: int(db.execute("SELECT ?", (number,)).fetchone()[0])

    answers = await asyncio.gather(*(database.read(asked(n)) for n in range(500)))

    assert answers == list(range(500))


def test_each_event_loop_gets_its_own_answers(database: Database) -> None:
    def loop(first: int) -> list[int]:
        async def ask() -> list[int]:
            return [
                await database.write(lambda _, n=n: n)  # type: ignore[misc]
                for n in range(first, first + 50)
            ]

        return asyncio.run(ask())

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(loop, (0, 100, 200, 300)))

    assert results == [list(range(n, n + 50)) for n in (0, 100, 200, 300)]


async def test_a_lookup_here_sees_what_was_written_and_names_its_errors(
    database: Database,
) -> None:
    await database.write(lambda c: add(c, "a"))
    assert database.read_here(names) == ["a"]
    with pytest.raises(DatabaseError):
        database.read_here(lambda c: c.execute("SELECT nothing FROM nowhere"))
    with pytest.raises(Denied):
        database.read_here(lambda c: add(c, "b"))
    await database.write(lambda c: add(c, "c"))
    assert database.read_here(names) == ["a", "c"]
    database.close()
    with pytest.raises(DatabaseError, match="closed"):
        database.read_here(names)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_the_file_is_not_mapped_into_memory(tmp_path: Path, schema: Path) -> None:
    """Each of its connections would count all of it as memory of the program."""
    path = tmp_path / "data.sqlite"
    maps: list[str] = []
    # What is in the journal is read from there; the end of the first round empties it.
    for name in ("a", "b"):
        database = Database(path, schema)
        database.open()
        try:
            assert database.read_now(names) == ["a"] * (name == "b")
            database.write_now(lambda c, name=name: add(c, name))  # type: ignore[misc]
            assert database.read_here(names)
            maps = Path("/proc/self/maps").read_text("ascii").splitlines()
        finally:
            database.close()
    assert [line for line in maps if line.endswith(f" {path}-shm")]
    assert not [line for line in maps if line.endswith(f" {path}")]


def test_a_file_that_cannot_be_looked_at_any_more_is_another_one(
    tmp_path: Path, schema: Path
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    database = Database(folder / "data.sqlite", schema)
    database.open()
    try:
        assert not database.is_replaced
        folder.rename(tmp_path / "elsewhere")
        folder.touch()  # no folder: it is not merely missing
        assert database.is_replaced
    finally:
        database.close()


async def test_the_version_is_another_one_after_each_commit(
    database: Database, tmp_path: Path, schema: Path
) -> None:
    seen = {database.version_here()}
    for number in range(3):
        await database.write(adding(f"own {number}"))
        seen.add(database.version_here())
    assert len(seen) == 4
    other = Database(tmp_path / "x.sqlite", schema)
    other.open()
    try:
        await other.write(adding("another's"))
        async with asyncio.timeout(10):
            while database.version_here() in seen:
                await asyncio.sleep(0.001)
    finally:
        other.close()


def test_to_open_a_database_writes_nothing(tmp_path: Path, schema: Path) -> None:
    path, journal = tmp_path / "x.sqlite", tmp_path / "x.sqlite-wal"
    database = Database(path, schema)
    database.open()
    database.close()
    before = path.read_bytes()
    database = Database(path, schema)
    database.open()
    written = journal.exists() and journal.stat().st_size
    database.close()
    assert not written
    assert path.read_bytes() == before


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that gives EIO")
def test_a_disk_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    must_be_readable(path)  # it is not there
    path.write_bytes(b"no database" * 1000)
    must_be_readable(path)
    path.with_name("x.sqlite-wal").symlink_to("/proc/self/mem")
    with pytest.raises(DatabaseError, match="cannot be read: Input/output error"):
        must_be_readable(path)
