"""What `--json` writes: the shape of each command's document, declared once.

The help of each command shows it, and the tests hold what is written against it. Within
a version keys may come, none goes or changes its meaning; a script that writes
`--json=1` is refused by a program that no longer has that version.

In a shape `text`, `number` and `bool` stand for a value, with a `?` behind where it may
be null; a key with a `?` may be missing; the key `*` stands for any.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from acd_tui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

VERSION = 1

Shape = Any
"""A name of a value, a dict of shapes by key, or a list of the shape of each element."""

_LSJSON: Shape = [
    {
        "Path": "text",
        "Name": "text",
        "Size": "number",
        "MimeType": "text",
        "ModTime": "text",
        "IsDir": "bool",
        "Hashes?": {"md5": "text"},
        "ID?": "text",
    }
]
_STEPS: Shape = [
    {"action": "text", "path": "text", "size": "number", "reason": "text?"}
]
_JOB: Shape = {
    "job": "number",
    "source": "text",
    "target": "text",
    "files": {"*": "number"},
    "size": "number",
    "done": "number",
    "problems": ["text"],
    "left_out": ["text"],
    "failures": [
        {"source": "text", "target": "text", "reason": "text?", "hint": "text?"}
    ],
}
_FORESEEN: Shape = {
    "dry_run": "bool",
    "source": "text",
    "target": "text",
    "files": {"*": "number"},
    "folders": "number",
    "size": "number",
    "actions": _STEPS,
}
_REMOVALS: Shape = [
    {"path": "text", "is_folder": "bool", "files": "number", "size": "number"}
]
_REMOTE: Shape = {"name": "text", "secrets": "text", "options": {"*": "text"}}
_CHANGED: Shape = {"changed": "number"}
_TOTALS: Shape = {"files": {"*": "number"}, "size": "number", "done": "number"}
_SIDE: Shape = {
    "folder": "bool",
    "size": "number?",
    "modified": "text?",
    "md5": "text?",
}
_USER: Shape = {"user": "text", "password?": "text"}

# By command: for which use of it, and what is written then.
SHAPES: dict[str, dict[str, Shape]] = {
    **{
        name: {"": _LSJSON}
        for name in ("ls", "lsl", "lsd", "lsf", "lsjson", "md5sum", "tree")
    },
    "size": {"": {"count": "number", "bytes": "number", "sizeless": "number"}},
    "about": {"": {"total?": "number", "used?": "number", "free?": "number"}},
    "copy": {"": _JOB, "--dry-run": _FORESEEN},
    "move": {
        "": _JOB,
        "within one drive": {
            "dry_run": "bool",
            "moved": "number",
            "trashed": "number",
            "skipped": "number",
            "failed": "number",
            "actions": [
                {"action": "text", "from": "text", "to": "text", "reason": "text?"}
            ],
        },
        "--dry-run": _FORESEEN,
    },
    "sync": {
        "": {
            "dry_run": "bool",
            "source": "text",
            "target": "text",
            "plan": {
                "copy": "number",
                "overwrite": "number",
                "rename": "number",
                "ask": "number",
                "size": "number",
                "folders": "number",
                "remove": "number",
                "removed_size": "number",
                "same": "number",
                "kept": "number",
                "copies": [
                    {
                        "path": "text",
                        "size": "number",
                        "overwrites": "bool",
                        "action": "text",
                        "reason": "text?",
                    }
                ],
                "removals": _REMOVALS,
                "left_out": ["text"],
                "problems": ["text"],
            },
            "job": "as of copy?",
            "removed": _REMOVALS,
            "failures": ["text"],
        }
    },
    "check": {
        "": [
            {
                "path": "text",
                "mark": "text",
                "result": "text",
                "reason": "text?",
                "source": "number?",
                "target": "number?",
            }
        ]
    },
    "rename": {"": {"from": "text", "to": "text"}},
    "trash-list": {
        "": [
            {
                "id": "text",
                "name": "text",
                "path": "text?",
                "is_folder": "bool",
                "size": "number?",
                "trashed": "text?",
                "purged": "text?",
                "days_left": "number?",
            }
        ]
    },
    "search": {
        "": [
            {
                "path": "text",
                "name": "text",
                "is_folder": "bool",
                "size": "number?",
                "modified": "text?",
                "md5": "text?",
                "id": "text?",
                "trashed": "bool",
            }
        ]
    },
    "du": {
        "": [{"path": "text", "size": "number", "files": "number", "folders": "number"}]
    },
    "dupes": {
        "": [
            {
                "md5": "text",
                "size": "number",
                "wasted": "number",
                "files": [{"path": "text", "modified": "text?", "keep": "bool?"}],
            }
        ],
        "--safe-to-free": [
            {"path": "text", "size": "number", "modified": "text?", "there": "text"}
        ],
    },
    "mirror status": {
        "": {
            "complete": "bool",
            "checked": "text?",
            "age": "number?",
            "nodes": "number",
            "bytes": "number?",
            "problem": "text?",
        }
    },
    "mirror changes": {
        "": [
            {
                "when": "text?",
                "what": "text",
                "path": "text?",
                "before": "text?",
                "folder": "bool",
                "size": "number?",
                "inside": "number",
                "own": "bool",
            }
        ]
    },
    "queue list": {
        "": [
            {
                "id": "number",
                "job": "number",
                "state": "text",
                "done": "number",
                "size": "number",
                "priority": "number",
                "source": "text",
                "target": "text",
                "attempts": "number",
                "reason": "text?",
                "hint": "text?",
                "again": "text?",
                "conflict?": {"source": _SIDE, "target": _SIDE},
            }
        ]
    },
    "queue status": {
        "": {
            "paused": "bool",
            "draining": "bool",
            "runs": "bool",
            "planning": "number",
            "transfers": "number",
            "bandwidth": "number?",
            **_TOTALS,
        }
    },
    "queue add": {"": {"job": "number", "source": "text", "target": "text"}},
    "queue limit": {"": {"transfers": "number", "bandwidth": "number?"}},
    "queue run": {"": _TOTALS},
    **{
        f"queue {verb}": {"": _CHANGED}
        for verb in (
            "clear",
            "drain",
            "pause",
            "resume",
            "cancel",
            "retry",
            "priority",
            "decide",
        )
    },
    "config list": {"": [{"name": "text", "secrets": "text"}]},
    "config show": {"": _REMOTE, "without NAME": [_REMOTE]},
    "config keys": {
        "": [
            {
                "action": "text",
                "where": "text",
                "keys": ["text"],
                "title": "text",
                "help": "text",
            }
        ]
    },
    "doctor": {
        "": {
            "ok": "bool",
            "checks": [
                {"check": "text", "verdict": "text", "text": "text", "advice": "text?"}
            ],
        }
    },
    "server run": {
        "": {
            **dict.fromkeys(
                (
                    "url",
                    "endpoint_url",
                    "metadata_url",
                    "content_url",
                    "auth_url",
                    "token_url",
                ),
                "text",
            ),
            "pid": "number",
        }
    },
    "server check": {
        "": {
            "ok": "bool",
            "users": "number",
            "nodes": "number",
            "files": "number",
            "bytes": "number",
            "problems": ["text"],
            "notes": ["text"],
            "repaired": ["text"],
        }
    },
    "server cookies": {"": {"*": "text"}},
    "server user add": {"": _USER},
    "server user password": {"": _USER},
    "server user list": {
        "": [
            {
                "name": "text",
                "account_id": "text",
                "files": "number",
                "bytes": "number",
            }
        ]
    },
    "server client add": {"": {"client_id": "text", "client_secret": "text?"}},
    "server client list": {
        "": [
            {
                "client_id": "text",
                "owner": "text?",
                "public": "bool",
                "redirect_uris": ["text"],
            }
        ]
    },
}


def pinned(arguments: Sequence[str]) -> list[str]:
    """Read `--json=1` as `--json`.

    Raises:
        UsageError: another version is wanted.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    read = list(arguments)
    for at, argument in enumerate(arguments[:end]):
        name, equals, version = argument.partition("=")
        if name == "--json" and equals:
            if version != str(VERSION):
                raise UsageError(
                    f"there is no version {version!r} of what --json writes",
                    hint=f"this acd-tui has version {VERSION}",
                )
            read[at] = "--json"
    return read


def document(command: click.Command, words: str) -> None:
    """Have the help of a command, or of those inside it, show what --json writes."""
    for name, inner in getattr(command, "commands", {}).items():
        document(inner, f"{words} {name}")
    epilog = command.epilog or ""
    if words in SHAPES and _TITLE not in epilog:
        command.epilog = f"{epilog}\n\n{described(words)}"


_TITLE = f"JSON, version {VERSION}"


def described(words: str) -> str:
    """Return what `--json` of a command writes, as a part of its help."""
    lines = []
    for use, shape in SHAPES[words].items():
        lines.append(f"{_TITLE}{', ' * bool(use)}{use}:")
        lines += textwrap.wrap(
            _shown(shape),
            76,
            initial_indent="  ",
            subsequent_indent="   ",
            break_on_hyphens=False,
        )
    return "\b\n" + "\n".join(lines)


def _shown(shape: Shape) -> str:
    if isinstance(shape, dict):
        inner = (f"{key}: {_shown(value)}" for key, value in shape.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(shape, list):
        return f"[{_shown(shape[0])}, …]"
    return str(shape)
