"""What is said of a folder is said no more once the folder holds anything else."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Seal, Survey
from tests.drive.nodes import ROOT, file, folder, root

ENCODER = Encoder("Slash,InvalidUtf8,Dot")
FOLDERS = [VPath(), *(VPath((name,)) for name in "ab"), VPath(("a", "c"))]


async def feed(mirror: Mirror, *nodes: Node, afresh: bool = False) -> None:
    after = (await mirror.position()).checkpoint
    change = ChangeSet(checkpoint=f"{after}+", nodes=list(nodes))
    await mirror.follow(change, after=after, afresh=afresh)
    await mirror.settle(1.0, after=change.checkpoint)


async def filled(mirror: Mirror) -> None:
    folders = [folder("a"), folder("b"), folder("c", "a")]
    files = [file(f"{where}1", where) for where in (ROOT, "a", "b", "c")]
    await feed(mirror, root(), *folders, *files, afresh=True)


async def sealed(mirror: Mirror, *folders: VPath) -> list[bytes]:
    """Seal folders with what they hold; return that."""
    surveys = await mirror.survey(folders, ENCODER)
    await mirror.seal(
        [
            Seal(path, survey.stamp or b"", held(survey))
            for path, survey in zip(folders, surveys, strict=True)
            if survey is not None
        ],
        ENCODER,
    )
    return [held(survey) for survey in surveys]


def held(survey: Survey | None) -> bytes:
    assert survey is None or survey.stamp is not None
    known = survey and (sorted(survey.files), sorted(survey.folders), survey.rest)
    return repr(known).encode()


@contextlib.asynccontextmanager
async def new_mirror() -> AsyncIterator[Mirror]:
    with tempfile.TemporaryDirectory() as place:
        mirror = Mirror.open(Path(place) / "mirror.sqlite")
        try:
            await mirror.adopt(root())
            yield mirror
        finally:
            await mirror.close()


# Id, whether it is a folder, parents, name, state, size, MD5.
_Change = tuple[str, bool, list[str], str, str, int, str]
_changes: st.SearchStrategy[_Change] = st.tuples(
    st.sampled_from(["a", "b", "c", "root1", "a1", "b1", "c1", "new"]),
    st.booleans(),
    st.lists(st.sampled_from([ROOT, "a", "b", "c"]), max_size=2, unique=True),
    st.sampled_from(["a", "b", "c", "a1", "A1", "x", ""]),
    st.sampled_from(["AVAILABLE", "TRASH", "PENDING", "PURGED"]),
    st.sampled_from([3, 4]),
    st.sampled_from(["0" * 32, "1" * 32, ""]),
)


def node(change: _Change, version: int) -> Node:
    node_id, is_folder, parents, name, state, size, md5 = change
    more: dict[str, Any] = {"parents": parents, "status": state, "version": version}
    if is_folder:
        return folder(node_id, name=name, **more)
    content = ContentProperties(size=size, md5=md5 or None)
    return file(node_id, name=name, content_properties=content, **more)


def _same(node_id: str, where: str) -> _Change:
    return (node_id, False, [where], node_id, "AVAILABLE", 3, "0" * 32)


@given(changes=st.lists(st.tuples(_changes, st.sampled_from(["fed", "own", "listed"]))))
@example(changes=[((*_same("a1", "a")[:6], "1" * 32), "fed")])
@example(changes=[((*_same("a1", "a")[:5], 4, "0" * 32), "fed")])
@example(changes=[((*_same("a1", "a")[:3], "x", *_same("a1", "a")[4:]), "own")])
@example(changes=[((*_same("a1", "a")[:4], "TRASH", 3, "0" * 32), "own")])
@example(changes=[(_same("a1", "b"), "fed")])
@example(changes=[(("a1", True, ["a"], "a1", "AVAILABLE", 3, ""), "fed")])
@example(changes=[(("a1", False, ["a", "b"], "a1", "AVAILABLE", 3, "0" * 32), "own")])
@example(changes=[(_same("new", "c"), "listed"), (_same("new", "b"), "listed")])
@example(changes=[(("a", True, ["b"], "a", "AVAILABLE", 3, ""), "fed")])
@example(changes=[(("a1", False, [], "a1", "PURGED", 3, ""), "fed")])
@settings(max_examples=60, deadline=None)
def test_a_seal_that_holds_is_of_what_the_folder_holds(
    changes: list[tuple[_Change, str]],
) -> None:
    async def check() -> None:
        async with new_mirror() as mirror:
            await filled(mirror)
            for version, (change, way) in enumerate(changes, 2):
                await sealed(mirror, *FOLDERS)
                changed = node(change, version)
                if way == "listed":
                    where = (changed.parents or [ROOT])[0]
                    await mirror.learn_children(
                        where, [changed], now=1.0, encoder=ENCODER
                    )
                elif way == "own":
                    await mirror.learn([changed], own=True)
                else:
                    await feed(mirror, changed)
                after = await mirror.survey(FOLDERS, ENCODER)
                seals = await mirror.seals(FOLDERS, ENCODER)
                for survey, seal in zip(after, seals, strict=True):
                    assert seal in {None, held(survey)}

    asyncio.run(check())


async def test_a_change_breaks_the_seal_of_its_folder_alone(mirror: Mirror) -> None:
    await filled(mirror)
    top, a, b, c = await sealed(mirror, *FOLDERS)
    # What changes nothing in sight breaks none.
    await feed(mirror, file("a1", "a", version=2), folder("b", version=3))
    assert await mirror.seals(FOLDERS, ENCODER) == [top, a, b, c]
    await feed(mirror, file("a2", "a"))
    assert await mirror.seals(FOLDERS, ENCODER) == [top, None, b, c]
    await feed(mirror, file("c1", "c", name="other", version=2))
    assert await mirror.seals(FOLDERS, ENCODER) == [top, None, b, None]


async def test_a_file_that_turns_out_to_be_a_folder_breaks_it(mirror: Mirror) -> None:
    await filled(mirror)
    await feed(mirror, file("new", "a", content_properties=None))
    await sealed(mirror, *FOLDERS)
    await feed(mirror, folder("new", "a", version=2))
    assert (await mirror.seals(FOLDERS, ENCODER))[1] is None


async def test_only_what_is_still_what_was_surveyed_is_sealed(mirror: Mirror) -> None:
    await filled(mirror)
    (survey,) = await mirror.survey(FOLDERS[1:2], ENCODER)
    assert survey is not None
    assert survey.stamp is not None
    await feed(mirror, file("a2", "a"))
    late = Seal(FOLDERS[1], survey.stamp, b"said")
    await mirror.seal([late], ENCODER)
    assert await mirror.seals(FOLDERS, ENCODER) == [None] * 4
    # Another mirror that has seen as many changes is not what was surveyed either.
    async with new_mirror() as other:
        await filled(other)
        await other.seal([late], ENCODER)
        assert await other.seals(FOLDERS, ENCODER) == [None] * 4


async def test_a_new_tree_and_another_account_have_no_seals(mirror: Mirror) -> None:
    await filled(mirror)
    await sealed(mirror, *FOLDERS)
    await filled(mirror)
    assert await mirror.seals(FOLDERS, ENCODER) == [None] * 4
    # In the new tree they break as they did in the old one.
    top, _, b, c = await sealed(mirror, *FOLDERS)
    await feed(mirror, file("a2", "a"))
    assert await mirror.seals(FOLDERS, ENCODER) == [top, None, b, c]
    await mirror.adopt(Node(id="r", kind="FOLDER", status="AVAILABLE", is_root=True))
    await mirror.adopt(root())
    await filled(mirror)
    assert await mirror.seals(FOLDERS, ENCODER) == [None] * 4


async def test_what_was_said_of_names_shown_otherwise_does_not_count(
    mirror: Mirror,
) -> None:
    await filled(mirror)
    await sealed(mirror, *FOLDERS)
    other = Encoder("Slash,InvalidUtf8,Dot,Percent")
    assert await mirror.seals(FOLDERS, other) == [None] * 4
