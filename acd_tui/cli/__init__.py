"""The command line: which commands there are.

Nothing is imported for that, and a command's module only when it runs: `--version` and
`--help` start as fast as Python itself, and the small commands at once.
"""

from __future__ import annotations

import sys

TUI = "tui"

# name: (module:attribute, help for the list of commands); in the order of the list.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("acd_tui.cli.demo:demo", "Try the program on a drive of its own."),
    TUI: ("acd_tui.cli.tui:tui", "Open the two panes (also without a command)."),
    "lsd": ("acd_tui.cli.lists:lsd", "List the folders in a folder."),
    "ls": ("acd_tui.cli.lists:ls", "List files with their sizes."),
    "lsl": ("acd_tui.cli.lists:lsl", "List files with sizes and times."),
    "lsf": ("acd_tui.cli.lists:lsf", "List files and folders for scripts."),
    "lsjson": ("acd_tui.cli.lists:lsjson", "List files and folders as JSON."),
    "tree": ("acd_tui.cli.tree:tree", "Draw the folders below a folder."),
    "size": ("acd_tui.cli.size:size", "Count files and add up their sizes."),
    "md5sum": ("acd_tui.cli.lists:md5sum", "List files with their MD5."),
    "cat": ("acd_tui.cli.files:cat", "Write a file to standard output."),
    "mkdir": ("acd_tui.cli.files:mkdir", "Make a folder."),
    "copy": ("acd_tui.cli.transfers:copy", "Copy files, checked by MD5."),
    "sync": ("acd_tui.cli.sync:sync", "Make one folder like another."),
    "check": ("acd_tui.cli.check:check", "Say whether two folders hold the same."),
    "queue": ("acd_tui.cli.queue_all:queue_group", "See and steer the transfers."),
    "move": ("acd_tui.cli.moving:move", "Move files, checked by MD5."),
    "rename": ("acd_tui.cli.moving:rename", "Give a file or folder another name."),
    "trash": ("acd_tui.cli.trash:trash", "Move files or folders to the trash."),
    "trash-list": ("acd_tui.cli.trash:trash_list", "List what is in the trash."),
    "restore": ("acd_tui.cli.trash:restore", "Put something back from the trash."),
    "search": ("acd_tui.cli.search:search", "Find anything in a drive by its name."),
    "du": ("acd_tui.cli.du:du", "Show how much the folders hold."),
    "dupes": ("acd_tui.cli.dupes:dupes", "Find files that are there several times."),
    "mirror": (
        "acd_tui.cli.mirror:mirror",
        "See and renew the copy of a drive's tree.",
    ),
    "about": ("acd_tui.cli.account:about", "Show the space used and free."),
    "config": ("acd_tui.cli.config_all:config", "Manage remotes."),
    "authorize": ("acd_tui.cli.account:authorize", "Sign in for another machine."),
    "doctor": (
        "acd_tui.cli.doctor:doctor",
        "Look for what is wrong with this machine.",
    ),
    "completion": (
        "acd_tui.cli.completion:completion",
        "Complete command lines in a shell.",
    ),
    "server": ("acd_tui.cli.server:server_group", "Run an Amazon Drive of your own."),
}

# What shells call, and nobody reads about.
HIDDEN = {"__complete": "acd_tui.cli.completion:complete"}

_HELP = """\
Usage: acd-tui [OPTIONS] COMMAND [ARGS]...

  A two-pane file manager for Amazon Drive.

  acd-tui                    the two panes, or the set-up if nothing is set up
  acd-tui photos:2019        the panes with that folder on one side
  acd-tui demo               try it on a drive of its own

Options:
  --version        Show the version and exit.
  -v, --verbose    Say more; -vv: and all that goes over the network.
  --log-file FILE  Write the log there.
  -h, --help       Show this message and exit. COMMAND --help says more.

  For every command: --acd-KEY VALUE sets an option of a remote for this run,
  like --acd-encoding (so do RCLONE_ACD_KEY and RCLONE_CONFIG_NAME_KEY);
  --password-command CMD says the password of an encrypted configuration.

Commands:
"""


def help_text() -> str:
    """Return what `--help` says of the program as a whole."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {text}\n" for name, (_, text) in COMMANDS.items()]
    return _HELP + "".join(lines)


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit code; see `group.run_command`."""
    if said := _said_at_once(arguments):
        try:
            sys.stdout.write(said)
            sys.stdout.flush()
            return 0
        except (OSError, ValueError, AttributeError):
            pass  # nobody reads it; what that means, the commands know
    try:
        from acd_tui.cli.group import run_command
    except KeyboardInterrupt:  # it takes a moment to load
        sys.stderr.write("interrupted\n")
        return 130
    return run_command(arguments)


def _said_at_once(arguments: list[str]) -> str | None:
    if arguments == ["--version"]:
        from acd_tui import __version__

        return f"acd-tui {__version__}\n"
    return help_text() if arguments in (["--help"], ["-h"]) else None
