"""Which keys do what: presets, the user's changes, and what is wrong with them.

Keys are looked up here and nowhere else: every map is checked as a whole when it is
loaded, chords and all, so that no key is wanted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from acd_tui.errors import UsageError
from acd_tui.ui.action import Action, Context
from acd_tui.ui.actions import ACTIONS, BY_ID
from acd_tui.ui.keys import MANY, arrives_as, expand, is_sent_everywhere, parse_keys
from acd_tui.ui.presets import PRESETS, Preset

__all__ = ["PRESETS", "KeyMap", "Keys", "Problem", "Where", "keymap"]

Keys = Mapping[str, str]
"""Action id → keys separated by commas; actions that are not named keep theirs."""

Where = Literal["pane", "queue", "transfers", "global"]
"""What has the focus: a pane, the queue panel, a list of the Transfers screen, or
something else that leaves keys alone."""

TOGETHER: Mapping[Where, frozenset[Context]] = {
    "pane": frozenset({"global", "front", "browser", "list", "pane"}),
    "queue": frozenset({"global", "front", "browser", "list", "queue"}),
    "transfers": frozenset({"global", "front", "list", "queue", "transfers"}),
    "global": frozenset({"global"}),
}
"""Contexts whose keys work at the same time, so that none may be wanted twice."""

_WAY_OUT = ("help", "palette", "quit")
"""Actions that must have a key, so that one always finds the way out and the help."""


class Problem(NamedTuple):
    """Something wrong with the user's keys.

    Attributes:
        action: the id it stands under.
        text: what it is.
    """

    action: str
    text: str


class Next(NamedTuple):
    """A key that goes on with what was pressed.

    Attributes:
        key: or a name that stands for many.
        action: what it does; None if more keys follow.
    """

    key: str
    action: str | None


class KeyMap:
    """The keys of all actions.

    Attributes:
        keys: of every action, by its id.
        letters_find: letters that do nothing else begin a search in the listing.
        problems: what was wrong with the user's changes; those were not taken over.
    """

    def __init__(
        self,
        keys: Mapping[str, tuple[str, ...]],
        *,
        letters_find: bool = False,
        problems: Iterable[Problem] = (),
    ) -> None:
        self.keys = keys
        self.letters_find = letters_find
        self.problems = tuple(problems)
        self._steps: dict[Where, dict[str, str | None]] = {}
        for where, contexts in TOGETHER.items():
            self._steps[where] = steps = {}
            for action, own in self._of(contexts):
                for each in expand(own):
                    steps.update(dict.fromkeys(_prefixes(each)))
                    steps[each] = action

    def _of(self, contexts: frozenset[Context]) -> Iterator[tuple[str, str]]:
        for action in ACTIONS:
            if action.context in contexts:
                for keys in self.keys[action.id]:
                    yield action.id, keys

    def find(self, keys: str, where: Where) -> tuple[bool, str | None]:
        """Look keys up: whether they mean anything there, and what they do.

        Keys that begin a chord do nothing yet.
        """
        steps = self._steps[where]
        return keys in steps, steps.get(keys)

    def owner(self, keys: str, context: Context) -> str | None:
        """The action that has these keys where those of `context` work, if any."""
        for where, contexts in TOGETHER.items():
            if context in contexts:
                _, action = self.find(keys, where)
                if action is not None:
                    return action
        return None

    def begins_chord(self, keys: str, context: Context) -> bool:
        """Whether other keys may follow these, where those of `context` work."""
        return any(
            context in contexts and self.find(keys, where) == (True, None)
            for where, contexts in TOGETHER.items()
        )

    def following(self, keys: str, where: Where) -> list[Next]:
        """What may be pressed after `keys`, in the order of the table of actions."""
        found: dict[Next, None] = {}
        for action, own in self._of(TOGETHER[where]):
            if own.startswith(f"{keys} "):
                key, *more = own.removeprefix(f"{keys} ").split(" ")
                found[Next(key, None if more else action)] = None
        return list(found)


def _prefixes(keys: str) -> Iterator[str]:
    parts = keys.split(" ")
    return (" ".join(parts[:end]) for end in range(1, len(parts)))


def keymap(preset: str = "hybrid", changes: Keys | None = None) -> KeyMap:
    """Make a map of a preset and the user's changes, as far as those make sense.

    Raises:
        UsageError: there is no such preset.
    """
    return _keymap(preset, tuple((changes or {}).items()))


@lru_cache  # it takes as long as a frame, and is asked for several times in a start
def _keymap(preset: str, changes: tuple[tuple[str, str], ...]) -> KeyMap:
    if preset not in PRESETS:
        raise UsageError(
            f"there is no preset of keys {preset!r}",
            hint=f"there are: {', '.join(PRESETS)}",
        )
    chosen = PRESETS[preset]
    base = _base(chosen)
    problems, asked = _readable(dict(changes))
    while True:
        keys = {**base, **asked}
        refused: dict[str, Problem] = {}  # the first of each is enough to say
        for problem in _problems(keys, asked):
            if problem.action in asked:
                refused.setdefault(problem.action, problem)
        if not refused:
            break
        problems += refused.values()
        asked = {name: own for name, own in asked.items() if name not in refused}
    problems += _seldom_sent(asked)
    return KeyMap(keys, letters_find=chosen.letters_find, problems=problems)


def _base(preset: Preset) -> dict[str, tuple[str, ...]]:
    return {
        action.id: parse_keys(preset.keys.get(action.id, _usual(preset, action)))
        for action in ACTIONS
    }


def _usual(preset: Preset, action: Action) -> str:
    # In the queue nothing is searched by its first letters.
    is_of_queue = action.context in {"queue", "transfers"}
    return action.keys if is_of_queue else preset.usual(action.keys)


def preset_problems(name: str) -> list[Problem]:
    """What is wrong with a preset; nothing, or a test fails."""
    base = _base(PRESETS[name])
    unknown = [
        Problem(action, f"there is no action {action!r}")
        for action in PRESETS[name].keys
        if action not in BY_ID
    ]
    return [*unknown, *_problems(base, base), *_seldom_sent(base)]


def _readable(changes: Keys) -> tuple[list[Problem], dict[str, tuple[str, ...]]]:
    problems, asked = [], {}
    for name, text in changes.items():
        if name not in BY_ID:
            problems.append(Problem(name, "there is no such action"))
            continue
        try:
            asked[name] = parse_keys(text)
        except UsageError as error:
            problems.append(Problem(name, error.message))
    return problems, asked


def _problems(
    keys: Mapping[str, tuple[str, ...]], asked: Mapping[str, tuple[str, ...]]
) -> list[Problem]:
    found = []
    for name, own in asked.items():
        for key in {each for one in own for each in one.split(" ")}:
            if other := arrives_as(key):
                text = f"{key} arrives as {other} from a terminal"
                found.append(Problem(name, text))
        if BY_ID[name].argument and not all(_ends_in_many(one) for one in own):
            wanted = BY_ID[name].argument
            found.append(Problem(name, f"its keys must end in `{wanted}`"))
    found += [
        Problem(name, "it must keep a key") for name in _WAY_OUT if not keys[name]
    ]
    return found + _clashes(keys, asked)


def _ends_in_many(keys: str) -> bool:
    return keys.rpartition(" ")[2] in MANY


def _clashes(
    keys: Mapping[str, tuple[str, ...]], asked: Mapping[str, object]
) -> list[Problem]:
    """Keys wanted twice, or by one action as the beginning of what another wants."""
    found: dict[Problem, None] = {}
    for contexts in TOGETHER.values():
        wanted = [
            (each, action.id)
            for action in ACTIONS
            if action.context in contexts
            for own in keys[action.id]
            for each in expand(own)
        ]
        owners: dict[str, str] = {}
        for each, name in wanted:
            if owners.setdefault(each, name) != name:
                found[_clash(asked, (name, each), (owners[each], each))] = None
        for each, name in wanted:
            for prefix in _prefixes(each):
                if prefix in owners:
                    found[_clash(asked, (name, each), (owners[prefix], prefix))] = None
    return list(found)


def _clash(
    asked: Mapping[str, object], one: tuple[str, str], two: tuple[str, str]
) -> Problem:
    """Lay a clash at the door of the action whose keys were changed."""
    (name, mine), (other, its) = (one, two) if one[0] in asked else (two, one)
    if mine == its:
        return Problem(name, f"{mine} is the key of {other} already")
    return Problem(name, f"{mine} and {its}, the key of {other}, begin alike")


def _seldom_sent(asked: Mapping[str, Iterable[str]]) -> list[Problem]:
    """Actions that some terminals send no key for; they are taken over all the same."""
    found = []
    for name, own in asked.items():
        seldom = [k for k in own if not all(map(is_sent_everywhere, k.split(" ")))]
        if seldom and len(seldom) == len(tuple(own)):
            text = f"not every terminal sends {', '.join(seldom)}; add another key"
            found.append(Problem(name, text))
    return found
