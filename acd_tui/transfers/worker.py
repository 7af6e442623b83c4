"""Carries one transfer from the claim to its verified end."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from acd_tui.errors import (
    AcdError,
    Changed,
    Corrupt,
    Denied,
    Exists,
    NotFound,
    Transient,
)
from acd_tui.printable import printable
from acd_tui.transfers.beside import is_one_file, place_beside
from acd_tui.transfers.context import Context
from acd_tui.transfers.dropping import drop
from acd_tui.transfers.holder import Hand, Let
from acd_tui.transfers.metered import Metered
from acd_tui.transfers.model import SAME_CONTENT, ConflictPolicy
from acd_tui.transfers.outcomes import SENT, after, unexpected
from acd_tui.transfers.planner import Decision, Verdict, conflict, decide
from acd_tui.transfers.rows import Change, Row, entry_text, path_text
from acd_tui.transfers.states import Event
from acd_tui.transfers.verify import agree, same_entry, taken_for_same, verify
from acd_tui.vfs.capabilities import (
    Contents,
    Hashing,
    Mirrored,
    Partials,
    Vouching,
)
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import Content, FileSystem
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath

_log = logging.getLogger(__name__)

_LOST = "sent whole, but the service has not shown it in time"
_UNKNOWN = "what else its folder holds is being looked at"
_SOON = 1.0  # seconds
_RACES = 5  # how often what appears at the target meanwhile is looked at anew


class Worker:
    """One transfer, once: from the look at both sides to the change that ends it."""

    def __init__(
        self,
        row: Row,
        source: FileSystem,
        target: FileSystem,
        *,
        hand: Hand,
        context: Context,
    ) -> None:
        self._row = row
        self._source_fs = source
        self._target_fs = target
        self._source = row.transfer.source.path
        self._target = self._wanted = row.transfer.target.path
        self._hand = hand
        self._clock = context.clock
        self._promises = context.promises
        self._retrying = context.retrying.with_attempts(row.options.attempts)
        self._blamed = target.name
        self._keep: dict[str, Any] = {}
        self._partial = row.md5  # of what an earlier attempt may have left half done

    async def carry(self) -> Change:
        """Do all there is to do now; return what it came to.

        Raises:
            Let: see `Hand.tell`.
        """
        try:
            change = await self._carry()
            if change.event in {Event.FINISH, Event.SKIP}:
                await self._discard_partial()
        except AcdError as error:
            return self._after(error)
        except Let:
            raise
        except Exception as error:  # noqa: BLE001 - the worker's border
            return unexpected(self._row, error)
        return change

    async def _discard_partial(self) -> None:
        """Remove what an earlier attempt has kept and nobody will go on with."""
        md5, self._partial = self._partial, None
        if md5 is not None and offers(self._target_fs, Partials):
            try:
                await self._target_fs.discard_partial(self._target, md5)
            except AcdError as error:
                _log.warning("what was kept of an older content stays: %s", error)

    def _after(self, error: AcdError, **keep: Any) -> Change:
        change = after(
            error,
            self._row,
            self._retrying,
            now=self._clock.now(),
            blamed=self._blamed,
            further=self._keep.get("resumed", 0) > self._row.transfer.resumed,
        )
        return replace(change, keep={**self._keep, **change.keep, **keep})

    async def _carry(self) -> Change:
        for _ in range(_RACES):
            try:
                return await self._once()
            except Exists:
                continue  # it appeared, or changed, since it was looked at
            except NotFound:
                if (moved := await self._moved_already()) is None:
                    raise
                return moved
        raise Transient(f"something keeps changing at {printable(str(self._target))}")

    async def _once(self) -> Change:
        with self._blaming(self._source_fs):
            entry = await self._look_at_source()
        source = Located(self._source_fs, self._source, entry)
        there = await self._look(self._target)
        if there is not None:
            found = await self._meet(source, there)
            if isinstance(found, Change):
                return found
            there = found
            if source.entry.md5 is None:
                # Perhaps it is known by now: what is kept of a write goes by it.
                with self._blaming(self._source_fs):
                    entry = await self._look_at_source()
                source = Located(self._source_fs, self._source, entry)
        elif (wait := self._still_sent()) is not None:
            return wait
        elif self._row.sent is not None:
            lost = Transient(_LOST, hint=self._row.transfer.hint)
            return self._after(lost, sent=None)
        elif (refused := self._not_as_planned(None)) is not None:
            return refused
        return await self._send(source, there)

    async def _moved_already(self) -> Change | None:
        """Say so if the source of a move is gone and the target has it.

        Another job was asked for the same since, as by who stopped a command and gives
        it again.
        """
        if not self._row.options.move:
            return None
        with contextlib.suppress(NotFound):
            await self._source_fs.stat(self._source)
            return None
        there = await self._look(self._target)
        known = self._row.md5
        if (
            there is None
            or there.size != self._row.transfer.size
            or (None not in {known, there.md5} and known != there.md5)
        ):
            return None
        return self._change(
            Event.SKIP, reason="it was moved already: a file of its size is there"
        )

    async def _look_at_source(self) -> Entry:
        return self._file(await self._source_fs.stat(self._source))

    def _file(self, entry: Entry) -> Entry:
        """Return what is at the source, if that still is a file."""
        if entry.kind is not Kind.FILE:
            raise NotFound(f"{printable(str(self._source))} is no file any more")
        return entry

    async def _look(self, path: VPath) -> Entry | None:
        with contextlib.suppress(NotFound):
            return await self._target_fs.stat(path)
        return None

    async def _meet(self, source: Located, there: Entry) -> Change | Entry | None:
        """Decide about what is at the target.

        Returns:
            The change that ends it, else what is to be replaced (None if nothing is:
            the target has another name then).
        """
        target = Located(self._target_fs, self._target, there)
        content = await self._held(source)
        if await self._taken_for_same(source, target):
            await self._confirm(there)
            if self._lacks_its_time(source.entry, there):
                return there
            await self._drop_source(source, there, content)
            return self._there_already(source.entry)
        if (wait := self._still_sent()) is not None:
            return wait
        if self._is_ours(there):
            return there
        return await self._decide(source, target)

    async def _decide(self, source: Located, target: Located) -> Change | Entry | None:
        """Decide about another file, or no file, that is at the target; see `_meet`."""
        there = target.entry
        decision = decide(source.entry, there, self._row.policy)
        if decision.verdict not in {Verdict.RENAME, Verdict.OVERWRITE}:
            return self._refused(source, target, decision)
        beside = decision.verdict is Verdict.RENAME
        planned = self._row.options.planned
        # What goes beside it harms nothing, whatever it has become; but a plan holds,
        # where it says something.
        if not beside or (planned and self._target == self._wanted):
            refused = self._not_as_planned(there)
            if refused is not None and not planned:
                reason = "what is there has changed since it was decided"
                return self._ask(source, target, reason)
            if refused is not None:
                return refused
        if beside:
            return await self._keep_both(source)
        if await is_one_file(source, target):
            shown = printable(str(source.path))
            raise Denied(f"{shown} and its target are the same file")
        if await self._is_of_twin(there):
            return self._change(
                Event.FAIL,
                reason=f"{printable(there.name)} has the same name at the target",
                hint="rename one of them, or keep both (--conflict rename)",
            )
        return there

    def _not_as_planned(self, there: Entry | None) -> Change | None:
        """Refuse what the plan has not shown, or not as it is now, if there is one.

        What was shown of a conflict that was decided is as good as a plan.
        """
        plan = self._row.plan
        if plan is None and not self._row.options.planned:
            return None
        if plan is None:
            reason = "it came since the plan was made"
        elif there is None or (plan.there and same_entry(plan.there, there)):
            return None  # what is gone meanwhile cannot be overwritten
        else:
            reason = "what is there has changed since the plan was made"
        return self._change(Event.FAIL, reason=reason, hint="make a new plan")

    async def _taken_for_same(self, source: Located, target: Located) -> bool:
        options = self._row.options
        size_only = options.size_only and not options.move  # goes only when proven
        return await taken_for_same(source, target, size_only=size_only)

    async def _is_of_twin(self, there: Entry) -> bool:
        """Whether it is there for another file of the source, by whose very name it goes.

        Only where `A` and `a` are one: the source may have both, or may have had it,
        where files are moved.
        """
        name = there.name
        if (
            not self._target_fs.features.case_insensitive
            or name in {self._target.name, self._source.name}
            or name.lower() != self._source.name.lower()
        ):
            return False
        if self._row.options.move:
            return True
        with self._blaming(self._source_fs):
            beside = await self._source_fs.list(self._source.parent)
        return any(entry.name == name for entry in beside)

    async def _confirm(self, there: Entry) -> None:
        """Let the service itself say that it is there, where more hangs on it.

        The mirror may not know yet that somebody has trashed it: an earlier attempt of
        this transfer, for one. And what is moved goes once it is said to be there.

        Raises:
            Exists: there is something else now, or nothing.
        """
        needed = self._row.options.move or self._row.transfer.attempts > 0
        if needed and offers(self._target_fs, Mirrored):
            now = await self._target_fs.confirm(self._target)
            if now is None or not same_entry(there, now):
                raise Exists(f"{printable(str(self._target))} is not what it was")

    def _lacks_its_time(self, source: Entry, there: Entry) -> bool:
        """Whether an attempt of this transfer ended between the content and its time.

        To overwrite a remote's file with what it holds sets its time alone.
        """
        return (
            self._row.transfer.attempts > 0
            and self._target_fs.features.remote
            and not self._row.options.no_mtime
            and source.modified_ns not in {None, there.modified_ns}
        )

    def _refused(self, source: Located, target: Located, decision: Decision) -> Change:
        if decision.verdict is Verdict.ASK:
            return self._ask(source, target, decision.reason)
        skip = decision.verdict is Verdict.SKIP
        return self._change(Event.SKIP if skip else Event.FAIL, reason=decision.reason)

    def _there_already(self, source: Entry) -> Change:
        keep = {**_size(source), "sent": None, "ours": None}
        if self._row.transfer.attempts > 0:
            # From an attempt of this transfer that did not live to see it arrive.
            return self._change(Event.FINISH, keep=keep)
        return self._change(Event.SKIP, reason=SAME_CONTENT, keep=keep)

    def _ask(self, source: Located, target: Located, reason: str | None) -> Change:
        sides = [(side.entry, side.entry.md5) for side in (source, target)]
        hint = None
        if target.entry.kind is not Kind.FILE:
            hint = "it cannot be overwritten: skip this one, or give it another name"
        elif self._row.policy is ConflictPolicy.NEWER:
            hint = "which one is newer is not known"
        return self._change(
            Event.CLASH, reason=reason, hint=hint, conflict=conflict(sides)
        )

    async def _keep_both(self, source: Located) -> Change | Entry | None:
        """Aim at a name like `name (2).ext`: one that is free, or has the same already."""
        job, folder = self._row.transfer.job, self._source.parent
        if not await self._promises.all_known(job, folder):
            wake = self._clock.now() + _SOON
            return self._change(Event.POSTPONE, reason=_UNKNOWN, wake=wake)
        self._target, there = await place_beside(
            self._target_fs,
            self._wanted,
            source,
            is_same=self._taken_for_same,
            is_promised=self._is_promised,
        )
        self._keep["target"] = path_text(self._target)
        return None if there is None else await self._meet(source, there)

    async def _is_promised(self, path: VPath, found: Located | None) -> bool:
        """Whether another one gets that name, or got it and is what was found there."""
        job, target = self._row.transfer.job, self._target_fs
        if found is None:
            return await self._promises.anyone(target, path)
        others = await self._promises.in_job(job, target, path)
        return any([await self._has_come(other, found) for other in others])

    async def _has_come(self, path: VPath, found: Located) -> bool:
        """Whether what was found at the target is what the source has, or had, there."""
        with contextlib.suppress(NotFound):
            entry = await self._source_fs.stat(path)
            source = Located(self._source_fs, path, entry)
            return await self._taken_for_same(source, found)
        return True  # it was moved

    def _is_ours(self, there: Entry) -> bool:
        """Whether it is what an attempt of this very transfer left there."""
        ours = self._row.ours
        return ours is not None and there.kind is Kind.FILE and same_entry(ours, there)

    async def _send(self, source: Located, replacing: Entry | None) -> Change:
        entry = source.entry
        if entry.md5 != self._partial:
            await self._discard_partial()
        keep = {**_size(entry), "md5": entry.md5, "sent": None, "resumed": 0}
        await self._hand.tell(self._change(Event.SEND, keep=keep))
        with self._blaming(self._source_fs):
            content = await self._source_fs.read(self._source)
        metered = Metered(
            content,
            self._hand.moved,
            self._hand.limiter,
            arrived=self._hand.end_turn,
            keep_modified=not self._row.options.no_mtime,
        )
        self._hand.meter(metered)
        await self._hand.take_turn()
        try:
            stored = await self._target_fs.write(
                self._target, metered, replacing=replacing
            )
        except AcdError as error:
            if error is metered.error:
                self._blamed = self._source_fs.name
            if isinstance(error, Corrupt):
                await self._doubt(content)
            raise
        finally:
            self._keep["resumed"] = metered.began
        self._hand.end_turn()
        self._hand.mention(Change(event=Event.STORED))
        self._keep["ours"] = entry_text(stored)
        await self._make_sure(source, content, stored, metered.streamed_md5)
        await self._drop_source(source, stored, content)
        reason = await self._elsewhere(stored, metered.streamed_md5)
        keep = {"ours": None, "resumed": metered.began}
        return Change(event=Event.FINISH, reason=reason, keep=keep)

    async def _doubt(self, content: Content) -> None:
        """Forget the known MD5 of a source that has not been read as that twice.

        On disks that number their files anew (FAT, FUSE) it may be that of another one.
        The first time it may be right, and what was read is not.
        """
        again = self._row.failures > 0 or self._retrying.attempts == 1
        if again and content.md5 and offers(self._source_fs, Hashing):
            shown = printable(str(self._source))
            _log.warning("%s is not what its MD5 says, which is forgotten", shown)
            await self._source_fs.forget_md5(content)

    async def _elsewhere(self, stored: Entry, streamed: str | None) -> str | None:
        """Say where else the target has the same content, if it has."""
        md5 = stored.md5 or streamed
        if md5 is None or not stored.size:
            return None  # empty files are all alike
        knows = self._target_fs.features.knows_md5  # sooner asked than what it offers
        if not knows or not offers(self._target_fs, Contents):
            return None
        with contextlib.suppress(AcdError):  # what is done is done
            if place := await self._target_fs.holding(md5, besides=stored):
                return f"the same content is at {printable(str(place))} as well"
        return None

    async def _make_sure(
        self, source: Located, content: Content, stored: Entry, streamed: str | None
    ) -> None:
        fs, was = self._source_fs, source.entry
        with self._blaming(fs):
            if streamed and offers(fs, Hashing) and agree(streamed, was, stored):
                # So that the next copy of it need not read it.
                now = self._file(await fs.learn_md5(source.path, content, streamed))
            else:
                now = await self._look_at_source()
        if not same_entry(was, now):
            raise Changed(f"{printable(str(source.path))} changed while it was copied")
        await verify(source, Located(self._target_fs, self._target, stored), streamed)

    async def _held(self, source: Located) -> Content | None:
        """Return what tells later whether a source was touched since it was compared."""
        fs = self._source_fs
        vouches = offers(fs, Vouching)
        if not self._row.options.move or not vouches:
            return None
        with self._blaming(fs):
            content = await fs.read(source.path)
        if source.entry.md5 not in {None, content.md5}:  # it is another one by now
            raise Changed(f"{printable(str(source.path))} changed while it was moved")
        return content

    async def _drop_source(
        self, source: Located, there: Entry, content: Content | None
    ) -> None:
        if self._row.options.move:
            with self._blaming(self._source_fs):
                await drop(source, there, content)

    def _still_sent(self) -> Change | None:
        """Wait on, if the service has not shown yet what was sent and still may."""
        row, now = self._row, self._clock.now()
        if row.sent is None:
            return None
        sent = min(row.sent, now)  # else a clock set back would prolong the wait
        if now >= sent + row.patience:
            return None
        return self._change(
            Event.POSTPONE,
            reason=SENT,
            wake=min(now + row.look, sent + row.patience),
            keep={"sent": sent},
        )

    def _change(
        self, event: Event, *, keep: dict[str, Any] | None = None, **columns: Any
    ) -> Change:
        return Change(event=event, keep={**self._keep, **(keep or {})}, **columns)

    @contextlib.contextmanager
    def _blaming(self, filesystem: FileSystem) -> Iterator[None]:
        """Name the filesystem that a sign-in is wanted for, should one be."""
        try:
            yield
        except AcdError:
            self._blamed = filesystem.name
            raise


def _size(entry: Entry) -> dict[str, Any]:
    """Return the size to be recorded, unless nobody knows it yet."""
    return {} if entry.size is None else {"size": entry.size}
