"""`doctor`: what is wrong with this machine, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from acd_tui.cli.output import Data, examples, json_option
from acd_tui.errors import AcdError

if TYPE_CHECKING:
    from acd_tui.cli.checkup import Finding
    from acd_tui.config.remotes import Remotes
    from acd_tui.session.core import Session

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


class Unwell(AcdError):
    """The doctor has found something that is to be mended."""

    advice = "the lines with an arrow say what to do"


@click.command(epilog=examples("doctor", "doctor photos:", "doctor --json"))
@click.argument("names", metavar="[REMOTE:]…", nargs=-1)
@json_option
def doctor(names: tuple[str, ...], as_json: bool) -> None:
    """Look for what is wrong with this machine, and say what to do about it.

    That is: terminal, settings, who can read the configuration, room for queue and
    mirrors, keyring, the port for sign-ins, browser, and, of all remotes or those named,
    the servers, the clock compared with theirs, and the account. Nothing is changed.

    Ends with exit code 1 if there is a problem; warnings are none. With --json an object
    with `ok` and `checks`, an array of objects with `check`, `verdict` (ok, warning,
    problem), `text` and `advice`.
    """
    from acd_tui.cli import checkup, flags
    from acd_tui.cli.places import parse_remote
    from acd_tui.locations import Locations

    wanted = [parse_remote(name) for name in names]
    locations = Locations.from_environment()
    remotes = flags.remotes()
    report = _Report(as_json=as_json)
    needed = _uses_keyring(remotes)
    for finding in checkup.machine(locations, remotes, keyring_needed=needed):
        report.tell(finding)
    _ask_servers(report, wanted)
    report.end()


def _ask_servers(report: _Report, wanted: list[str]) -> None:
    from acd_tui.cli import checkup, reaching
    from acd_tui.cli.places import in_session

    async def work(session: Session) -> None:
        try:
            names = wanted or session.remotes.names()
        except AcdError:
            return  # of the configuration, which has been told
        async for finding in reaching.remotes(session, names):
            report.tell(finding)

    try:
        in_session(work, tries=1)
    except AcdError as error:  # a queue or a log that cannot be opened
        if not report.has_told(error.message):  # as of the settings, it has
            report.tell(checkup.of_error("storage", error))


def _uses_keyring(remotes: Remotes) -> bool:
    """Say whether a remote has its token in the keyring, as far as one can tell."""
    try:
        return any(not remotes.values(name).get("token") for name in remotes.names())
    except AcdError:
        return False


class _Report:
    """Tells what is found, line by line or as one document."""

    def __init__(self, *, as_json: bool) -> None:
        self._data = Data()
        self._as_json = as_json
        self._found: list[Finding] = []

    def has_told(self, text: str) -> bool:
        """Whether that was found already."""
        return any(finding.text == text for finding in self._found)

    def tell(self, finding: Finding) -> None:
        self._found.append(finding)
        if self._as_json:
            return
        verdict = f"{finding.verdict:8}"
        if self._data.colourful:
            verdict = click.style(verdict, fg=_COLOURS[finding.verdict])
        text = self._data.name(f"{finding.check}: {finding.text}")
        self._data.line(f"{verdict} {text}")
        if finding.advice and finding.verdict != "ok":
            self._data.line(f"{'':8} → {self._data.name(finding.advice)}")

    def end(self) -> None:
        """Finish the report.

        Raises:
            Unwell: there is a problem.
        """
        problems = sum(finding.verdict == "problem" for finding in self._found)
        if self._as_json:
            self._data.json({"ok": not problems, "checks": self._objects()})
        if problems:
            things = "1 problem" if problems == 1 else f"{problems} problems"
            raise Unwell(f"there is something to mend: {things}")

    def _objects(self) -> list[dict[str, str | None]]:
        return [
            {
                "check": finding.check,
                "verdict": finding.verdict.value,
                "text": finding.text,
                "advice": finding.advice,
            }
            for finding in self._found
        ]
