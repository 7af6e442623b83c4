"""Signing in: with a browser here, or with one elsewhere and something pasted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Static
from textual.worker import Worker, WorkerState

from acd_tui.clock import SIGN_IN_SECONDS, Clock, SystemClock
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.screens.dialog import (
    Links,
    Notice,
    PlainInput,
    buttons,
    plain,
    relabel,
)
from acd_tui.ui.screens.services import Runner, SignInServices

COPY_ADDRESS = Binding("ctrl+y", "copy_address", "Copy the address", show=False)
_COPIES = Content.from_markup(
    "[@click=screen.copy_address]Ctrl-Y copies the address[/]"
)


class SignIn(Vertical):
    """The part of a screen that signs in; says `SignedIn` with the token.

    A screen that holds it binds `COPY_ADDRESS` to an action that calls `copy_address`.
    """

    DEFAULT_CSS = """
    SignIn { height: auto; }
    SignIn .address { padding: 0 1; color: $text-accent; background: $panel; height: auto; }
    SignIn #paste-label { margin-top: 1; }
    SignIn Notice { margin-top: 1; }
    """

    class SignedIn(Message):
        """It worked."""

        def __init__(self, token: object) -> None:
            super().__init__()
            self.token = token

    class AddressKnown(Message):
        """The address to open is known; sent from the engine's thread."""

        def __init__(self, attempt: int, url: str) -> None:
            super().__init__()
            self.attempt = attempt
            self.url = url

    def __init__(
        self,
        runner: Runner,
        services: SignInServices,
        *,
        patience: float = SIGN_IN_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self._runner = runner
        self._services = services
        self._patience = patience
        self._clock = clock or SystemClock()
        self._options: Mapping[str, str] = {}
        self._elsewhere = False
        self._url = ""
        self._since: float | None = None
        self._attempt = 0

    def compose(self) -> ComposeResult:
        yield Static(id="lead", markup=False)
        yield Static(id="address", classes="address", markup=False)
        yield Links(_COPIES, classes="hint")
        yield Notice()
        yield Static(id="paste-label", classes="field", markup=False)
        # A token may be pasted, and pictures of the screen go round.
        yield PlainInput(id="paste", password=True)
        yield buttons(("elsewhere", "No browser here"), ("again", "Try again"))

    def on_mount(self) -> None:
        self.set_interval(1, self._tick)

    def begin(self, options: Mapping[str, str]) -> None:
        """Sign in to the remote with these options, with the browser of this machine."""
        self._options = options
        self._switch(elsewhere=False)

    def stop(self) -> None:
        """Give up whatever is going on; nothing listens any more."""
        self.workers.cancel_node(self)
        self._since = None

    def _switch(self, *, elsewhere: bool) -> None:
        self.stop()
        self._attempt += 1
        self._elsewhere = elsewhere
        self._show_address("")
        lead, label, other = (
            (
                "Open this address in a browser on any machine and sign in:",
                "Then paste the address the browser ended at, even if the page could "
                "not be shown. The output of `acd-tui authorize` will do as well.",
                "Use a browser here",
            )
            if elsewhere
            else (
                "A browser opens and asks you to sign in. If it does not, open this "
                "address on this machine:",
                "Signed in on another machine? Paste the output of `acd-tui "
                "authorize` here:",
                "No browser here",
            )
        )
        self.query_one("#lead", Static).update(lead)
        self.query_one("#paste-label", Static).update(label)
        relabel(self.query_one("#elsewhere", Button), other)
        self.query_one("#paste", Input).value = ""
        self.query_one("#again", Button).display = False
        if elsewhere:
            self.query_one(Notice).clear()
            self._prepare()
        else:
            self._since = self._clock.monotonic()
            self._tick()
            self._wait_for_browser(self._attempt)
            # What is pasted meanwhile is for it; Enter in it, while empty, does nothing.
            self.query_one("#paste", Input).focus()

    def _show_address(self, url: str) -> None:
        self._url = url
        self.query_one("#address", Static).update(plain(url or "…"))
        self._show_lead(shown=True)

    def _show_lead(self, *, shown: bool) -> None:
        """Show what to open, or nothing of it."""
        for part in self.query("#lead, #address, .hint"):
            part.display = shown

    def _tick(self) -> None:
        if self._since is None:
            return
        passed = self._clock.monotonic() - self._since
        left = max(0, round(self._patience - passed))
        self.query_one(Notice).say(
            f"Waiting for the browser · {_clock(round(passed))} · "
            f"gives up in {_clock(left)}"
        )

    @work(exclusive=True, group="browser", exit_on_error=False)
    async def _wait_for_browser(self, attempt: int) -> None:
        def on_url(url: str) -> None:
            self.post_message(self.AddressKnown(attempt, url))

        try:
            async with asyncio.timeout(self._patience):
                token = await self._runner.run(
                    self._services.sign_in(self._options, on_url)
                )
        except AcdError as error:
            self._fail(error)
        except TimeoutError:
            self._fail(
                AcdError(
                    f"Nobody signed in within {_clock(round(self._patience))}",
                    hint="try again, or sign in with a browser of another machine",
                )
            )
        else:
            self._succeed(token)

    @work(exclusive=True, group="browser", exit_on_error=False)
    async def _prepare(self) -> None:
        """Ask for the address that another machine can open."""
        try:
            url = await self._runner.run(
                self._services.authorization_url(self._options)
            )
        except AcdError as error:
            self._fail(error)
        else:
            self._show_address(url)
            self.query_one("#paste", Input).focus()

    @work(exclusive=True, group="paste", exit_on_error=False)
    async def _finish(self, text: str) -> None:
        self.query_one(Notice).say("Checking what you pasted…")
        try:
            token = await self._runner.run(
                self._services.finish_pasted(self._options, text)
            )
        except AcdError as error:
            self._fail(error)
            field = self.query_one("#paste", Input)
            field.focus()
            field.select_all()
        else:
            self._succeed(token)

    def _succeed(self, token: object) -> None:
        self.query_one("#paste", Input).value = ""
        self.stop()
        self.query_one(Notice).say("✓ signed in", "good")
        self.post_message(self.SignedIn(token))

    def _fail(self, error: AcdError) -> None:
        self._since = None
        self._show_lead(shown=bool(self._url))  # it opens nothing any more
        self.query_one(Notice).fail(error)
        again = self.query_one("#again", Button)
        again.display = True
        again.focus()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what nobody expected, instead of ending the program."""
        event.stop()
        if event.state is WorkerState.ERROR:
            kind = type(event.worker.error).__name__
            self._fail(AcdError(f"Something unexpected went wrong ({kind})"))

    def on_sign_in_address_known(self, message: AddressKnown) -> None:
        message.stop()
        if message.attempt == self._attempt:
            self._show_address(message.url)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "elsewhere":
            self._switch(elsewhere=not self._elsewhere)
        else:
            self._switch(elsewhere=self._elsewhere)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if text := event.value.strip():
            self._since = None
            self._finish(text)

    def copy_address(self) -> None:
        """Put the address to open on the clipboard."""
        if self._url:
            self.app.copy_to_clipboard(printable(self._url))
            self.notify("The address is on the clipboard", markup=False)


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
