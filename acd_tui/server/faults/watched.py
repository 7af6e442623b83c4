"""The file of faults as it is now, and which of its rules a request meets."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from acd_tui.errors import Denied, UsageError
from acd_tui.server.faults.rules import Rule, parse

_log = logging.getLogger(__name__)


class Asked(Protocol):
    """What rules want to know of a request."""

    operation: str
    method: str
    path: str
    query: str

    async def who(self) -> tuple[str, str]:
        """The user and the application; two empty strings of nobody known."""
        ...

    async def name(self) -> str:
        """The name of the node it is about; empty if there is none."""
        ...


class LiveRule:
    """A rule with its counts.

    Attributes:
        rule: as written.
        number: in the file, from 1.
    """

    def __init__(self, rule: Rule, number: int, seed: int) -> None:
        self.rule = rule
        self.number = number
        self._seen: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._chance = random.Random(f"{seed}:{number}")  # noqa: S311 - no secret

    async def strikes(self, asked: Asked) -> bool:
        """Count a request; whether this rule's fault happens to it."""
        if not await self._concerns(asked):
            return False
        rule = self.rule
        key = await asked.name() if rule.each == "name" else ""
        key = asked.path if rule.each == "path" else key
        self._seen[key] += 1
        place = self._seen[key] - rule.after
        if place < 1 or (rule.first is not None and place > rule.first):
            return False
        if place % rule.every or (rule.times and self._done[key] >= rule.times):
            return False
        if rule.probability < 1 and self._chance.random() >= rule.probability:
            return False
        self._done[key] += 1
        return True

    async def _concerns(self, asked: Asked) -> bool:
        rule = self.rule
        if rule.operations and asked.operation not in rule.operations:
            return False
        if rule.method is not None and asked.method != rule.method.upper():
            return False
        if rule.path is not None and not fnmatchcase(asked.path, rule.path):
            return False
        if rule.query is not None and not fnmatchcase(asked.query, rule.query):
            return False
        if not await _is(asked, rule.user, rule.client):
            return False
        return rule.name is None or fnmatchcase(await asked.name(), rule.name)


async def _is(asked: Asked, user: str | None, client: str | None) -> bool:
    if user is None and client is None:
        return True
    by, through = await asked.who()
    return (user is None or user.casefold() == by.casefold()) and (
        client is None or client == through
    )


class FaultFile:
    """The rules in a file; read with each request, so that a test can write it.

    Args:
        path: the file.
        operations: the names there are.

    Raises:
        UsageError: it makes no sense.
        Denied: it cannot be read.
    """

    def __init__(self, path: Path, operations: Collection[str]) -> None:
        self.path = path
        self._operations = operations
        self._text = b""
        self._rules: list[LiveRule] = []
        try:
            self._take(path.read_bytes())
        except OSError as error:
            raise Denied(f"cannot read {path}: {error.strerror}") from error

    def now(self) -> list[LiveRule]:
        """The rules as they are now; as they were if what is written makes no sense.

        Counts begin again when the file changes. A file that is gone has no rules.
        """
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            text = b""
        except OSError as error:
            _log.error("cannot read %s: %s", self.path, error.strerror)
            return self._rules
        if text != self._text:
            try:
                self._take(text)
            except UsageError as error:
                _log.error("the faults stay as they were: %s", error.message)
        return self._rules

    def _take(self, text: bytes) -> None:
        self._text = text
        try:
            decoded = text.decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"{self.path} is not UTF-8") from error
        book = parse(decoded, self.path, self._operations)
        self._rules = [
            LiveRule(rule, number, book.seed)
            for number, rule in enumerate(book.fault, start=1)
        ]
        _log.info("faults: %d rules from %s", len(self._rules), self.path)
