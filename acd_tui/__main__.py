"""`python -m acd_tui` and the `acd-tui` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program on the process's arguments and exit."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from acd_tui import __version__

        print(f"acd-tui {__version__}")  # noqa: T201 - before the command line is loaded
        return
    # httpx asks for its own command line, and that for rich and pygments; it gets on
    # without, and every command starts that much sooner.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # "no such module"

    from acd_tui.cli import run

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
