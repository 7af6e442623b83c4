"""Signing in again to a remote whose sign-in was refused or revoked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from acd_tui.clock import SIGN_IN_SECONDS
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.screens.dialog import Dialog, Notice, buttons
from acd_tui.ui.screens.services import LoginServices, Runner
from acd_tui.ui.screens.sign_in import COPY_ADDRESS, SignIn


class Login(Dialog[bool]):
    """Asks to sign in again; the result is whether the user did."""

    BINDINGS: ClassVar[list[BindingType]] = [COPY_ADDRESS]

    def __init__(
        self,
        runner: Runner,
        services: LoginServices,
        name: str,
        *,
        patience: float = SIGN_IN_SECONDS,
    ) -> None:
        super().__init__(f"Sign in again to {name}", False)
        self._runner = runner
        self._services = services
        self._remote = name
        self._patience = patience

    def compose_box(self) -> Iterable[Widget]:
        yield Static(
            f"{printable(self._remote)} wants you to sign in again. "
            "Queued transfers wait and go on afterwards.",
            classes="note",
            markup=False,
        )
        yield SignIn(self._runner, self._services, patience=self._patience)
        yield Notice(id="outcome")
        yield buttons(("close", "Cancel"))

    def on_mount(self) -> None:
        self._begin()

    @work(exclusive=True, group="login", exit_on_error=False)
    async def _begin(self) -> None:
        try:
            options = await self._runner.run(
                self._services.remote_options(self._remote)
            )
        except AcdError as error:
            self.query_one("#outcome", Notice).fail(error)
            return
        self.query_one(SignIn).begin(options)

    def on_sign_in_signed_in(self, message: SignIn.SignedIn) -> None:
        self._keep(message.token)

    @work(exclusive=True, group="login", exit_on_error=False)
    async def _keep(self, token: object) -> None:
        try:
            await self._runner.run(self._services.renew(self._remote, token))
        except AcdError as error:
            self.query_one("#outcome", Notice).fail(error)
        else:
            self.end(True)

    def action_copy_address(self) -> None:
        self.query_one(SignIn).copy_address()

    def on_button_pressed(self) -> None:
        self.action_cancel()
