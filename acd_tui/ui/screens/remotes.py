"""The remotes there are: open one, add, rename, copy, change or remove one."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Iterable, Sequence
from typing import Any, ClassVar, Literal

from textual import work
from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.config.options import BY_KEY, OPTIONS, Option
from acd_tui.config.shown import ENCRYPTED, PLAIN, RemoteInfo
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.screens.confirm import Choose, Confirm
from acd_tui.ui.screens.dialog import STYLES, Dialog, Notice, buttons
from acd_tui.ui.screens.password import NewPassword
from acd_tui.ui.screens.prompt import Prompt
from acd_tui.ui.screens.remote_facts import KEEPERS, about, drive_of
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.services import RemoteServices, Runner
from acd_tui.ui.screens.setup_rules import name_problem

COLUMNS = (
    Column("Name", 24, cut="middle"),
    Column("Drive"),
    Column("Secrets", 16, hide_below=50),
)

Wish = tuple[Literal["open", "sign in", "add"], str]
"""What the user wants next, and of which remote."""


class RemotesScreen(Dialog[Wish | None]):
    """Lists the remotes and changes them; the result is what is to be done next."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "remotes.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,insert", "add", "Add", show=False),
        Binding("s", "sign_in", "Sign in again", show=False),
        Binding("r,f6", "rename", "Rename", show=False),
        Binding("c,f5", "copy", "Copy", show=False),
        Binding("e,f4", "edit", "Change an option", show=False),
        Binding("m", "move_secrets", "Move the secrets", show=False),
        Binding("x", "export", "Export for rclone", show=False),
        Binding("p", "password", "Encrypt or decrypt the file", show=False),
        Binding("d,delete,f8", "remove", "Remove", show=False),
        Binding("ctrl+r", "reload", "Look again", show=False),
        Binding("q", "cancel", "Close", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        services: RemoteServices,
        *,
        signed_out: Collection[str] = (),
    ) -> None:
        """Look at the remotes.

        Args:
            runner: runs what `services` has to do.
            services: knows and changes the remotes.
            signed_out: those whose sign-in is known to be refused.
        """
        super().__init__("Remotes", None, classes="-large")
        self._runner = runner
        self._services = services
        self._signed_out = signed_out
        self._remotes: Sequence[RemoteInfo] = ()

    def compose_box(self) -> Iterable[Widget]:
        yield Rows(COLUMNS, self._cells, enter="Open")
        yield Static(classes="about", markup=False)
        yield Notice()
        yield Static(
            "Enter opens · a adds · s signs in again · r renames · c copies · "
            "e changes options · m moves secrets · x exports · p password · d removes",
            classes="bar -whole",
        )
        yield buttons(("close", "Close"), ("add", "Add (a)"), ("open", "Open (Enter)"))

    def on_mount(self) -> None:
        self.query_one(Rows).focus()
        self.action_reload()

    def _cells(self, index: int) -> Sequence[Cell]:
        remote = self._remotes[index]
        look = "warning" if remote.secrets == PLAIN else "dim"
        drive: Cell = (drive_of(remote), "dim")
        if remote.name in self._signed_out:
            drive = (f"signed out · {drive_of(remote)}", "warning")
        return (
            printable(remote.name),
            drive,
            (remote.secrets, look),
        )

    def on_rows_moved(self) -> None:
        remote = self._current
        shown = self.query_one(".about", Static)
        shown.display = remote is not None
        if remote is not None:
            shown.update(about(remote))

    @property
    def _current(self) -> RemoteInfo | None:
        cursor = self.query_one(Rows).cursor
        return self._remotes[cursor] if cursor < len(self._remotes) else None

    # --- what there is ------------------------------------------------------------------

    def action_reload(self) -> None:
        """Look at the configuration."""
        self._load(None)

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self, done: str | None) -> None:
        """List them anew, and say what was done."""
        notice = self.query_one(Notice)
        try:
            self._remotes = await self._runner.run(self._services.remotes())
        except AcdError as error:
            notice.fail(error, retry=True)
            return
        rows = self.query_one(Rows)
        rows.set_count(len(self._remotes))
        rows.say("There are no remotes yet.\na adds one.")
        # The room for what is said of one is that of the longest: the box stays put.
        lines = max(
            (len(about(each).plain.split("\n")) for each in self._remotes), default=0
        )
        self.query_one(".about").styles.min_height = lines + 2
        self.on_rows_moved()
        if done is not None:
            notice.say(f"✓ {done}", "good")
        else:
            notice.clear()

    # --- what is done next elsewhere ------------------------------------------------------

    def on_rows_activated(self) -> None:
        self._end("open")

    def _end(self, wish: Literal["open", "sign in"]) -> None:
        remote = self._current
        if remote is not None:
            self.end((wish, remote.name))

    def action_add(self) -> None:
        """Set up another one."""
        self.end(("add", ""))

    def action_sign_in(self) -> None:
        """Sign in again to the one under the cursor."""
        if self._ours() is not None:
            self._end("sign in")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "add":
                self.action_add()
            case "open":
                self._end("open")
            case _:
                self.action_cancel()

    # --- what is changed here -------------------------------------------------------------

    def _ours(self) -> RemoteInfo | None:
        """The one under the cursor if it can be changed; else say why not."""
        remote = self._current
        if remote is not None and not remote.is_ours:
            where = "The environment defines it"
            if remote.secrets == "built-in":
                where = "It is the drive of this run"
            self.query_one(Notice).say(f"✗ {where}; nothing to change here", "error")
            return None
        return remote

    def action_rename(self) -> None:
        """Give it another name."""
        if (remote := self._ours()) is not None:
            self._rename(remote.name)

    @work(exclusive=True, group="change", exit_on_error=False)
    async def _rename(self, name: str) -> None:
        new = await self._ask_name("Rename", f"New name of {printable(name)}", name)
        if new is not None:
            await self._change(
                self._services.rename_remote(name, new), f"{name} is called {new} now"
            )

    def action_copy(self) -> None:
        """Add another one with the same options and secrets."""
        if (remote := self._ours()) is not None:
            self._copy(remote.name)

    @work(exclusive=True, group="change", exit_on_error=False)
    async def _copy(self, name: str) -> None:
        new = await self._ask_name(
            "Copy", f"Name of the copy of {printable(name)}", name
        )
        if new is not None:
            await self._change(self._services.copy_remote(name, new), f"added {new}")

    async def _ask_name(self, title: str, label: str, name: str) -> str | None:
        """Ask for a name; what cannot be one is said while it can be mended."""
        taken = [each.name for each in self._remotes]
        return await self.app.push_screen_wait(
            Prompt(title, label, name, validate=lambda new: name_problem(new, taken))
        )

    def action_edit(self) -> None:
        """Change one option."""
        if (remote := self._ours()) is not None:
            self._edit(remote)

    @work(exclusive=True, group="change", exit_on_error=False)
    async def _edit(self, remote: RemoteInfo) -> None:
        title = f"Options of {printable(remote.name)}"
        shown = [
            ("", each.key, f"{each.key} = {remote.options.get(each.key, each.default)}")
            for each in OPTIONS
        ]
        key = await self.app.push_screen_wait(Choose(title, "", shown))
        if key is None:
            return
        option, now = BY_KEY[key], remote.options.get(key, "")
        usual = f"empty is {option.default}" if option.default else ""
        text = await self.app.push_screen_wait(
            Prompt(
                f"{key} of {printable(remote.name)}",
                "; ".join(filter(None, (option.help, usual))),
                "" if option.secret else now,
                validate=lambda text: _nothing_new(option, text),
                select_stem=False,
                secret=option.secret,
            )
        )
        if text is not None:
            await self._change(
                self._services.set_option(remote.name, key, text.strip()),
                f"changed {key} of {remote.name}; it counts from the next start on",
            )

    def action_move_secrets(self) -> None:
        """Keep the token and the client secret somewhere else."""
        if (remote := self._ours()) is not None:
            self._move_secrets(remote)

    @work(exclusive=True, group="change", exit_on_error=False)
    async def _move_secrets(self, remote: RemoteInfo) -> None:
        options = [
            (str(number), where, text)
            for number, (where, text) in enumerate(KEEPERS.items(), start=1)
            if where != remote.secrets
        ]
        question = f"They are in {KEEPERS[remote.secrets]}. Where are they to be kept?"
        where = await self.app.push_screen_wait(
            Choose(f"Secrets of {printable(remote.name)}", question, options)
        )
        if where is None:
            return
        ready = where != ENCRYPTED or await self._encrypted() or await self._encrypt()
        if not ready:
            return
        await self._change(
            self._services.move_secrets(remote.name, where),
            f"the secrets of {remote.name} are in {KEEPERS[where]}",
        )

    def action_export(self) -> None:
        """Write it to a file that rclone understands."""
        if (remote := self._ours()) is not None:
            self._export(remote.name)

    @work(exclusive=True, group="change", exit_on_error=False)
    async def _export(self, name: str) -> None:
        file = await self.app.push_screen_wait(
            Prompt(
                f"Export {printable(name)} for rclone",
                "A new file; whoever can read it can use the drive",
                f"~/{name}.conf",
                validate=lambda text: None if text.strip() else "Name a file",
            )
        )
        if file is not None:
            await self._change(
                self._services.export(name, file.strip()),
                f"written to {file.strip()}, for you alone to read",
            )

    # --- the file -------------------------------------------------------------------------

    def action_password(self) -> None:
        """Encrypt the configuration file, give it another password, or decrypt it."""
        self._password()

    @work(exclusive=True, group="change", exit_on_error=False)
    async def _password(self) -> None:
        deed: str | None = "encrypt"
        if await self._encrypted():
            options = [
                ("1", "encrypt", "give it another password"),
                ("2", "decrypt", "decrypt it; tokens in it can be read then"),
            ]
            deed = await self.app.push_screen_wait(
                Choose("Configuration", "The configuration file is encrypted.", options)
            )
        if deed == "encrypt":
            await self._encrypt()
        elif deed == "decrypt":
            await self._change(
                self._services.set_password(None), "the file is not encrypted any more"
            )

    async def _encrypt(self) -> bool:
        """Ask for a password, and encrypt the file with it; return whether it is."""
        password = await self.app.push_screen_wait(NewPassword())
        if password is None:
            return False
        await self._change(
            self._services.set_password(password),
            "the file is encrypted; its password is asked for at each start",
        )
        return await self._encrypted()

    async def _encrypted(self) -> bool:
        return await self._runner.run(self._services.is_encrypted())

    def action_remove(self) -> None:
        """Remove it from this machine."""
        if (remote := self._ours()) is not None:
            self._remove(remote.name)

    @work(exclusive=True, group="change", exit_on_error=False)
    async def _remove(self, name: str) -> None:
        lines = [
            f"Remove {printable(name)} from this machine?",
            "",
            "Its options, its secrets and its local mirror go. The drive itself and "
            "what is on it stay as they are.",
        ]
        if await self.app.push_screen_wait(Confirm("Remotes", lines, yes="Remove")):
            await self._change(self._services.delete_remote(name), f"removed {name}")

    async def _change(self, change: Coroutine[Any, Any, None], done: str) -> None:
        notice = self.query_one(Notice)
        try:
            await self._runner.run(change)
        except AcdError as error:
            notice.fail(error)
        else:
            await self._load(printable(done)).wait()


def _nothing_new(option: Option, text: str) -> str | None:
    """What there is of a secret is not shown, so nothing typed takes nothing away."""
    if option.secret and not text.strip():
        return "Type the new one; Escape leaves it as it is"
    return None
