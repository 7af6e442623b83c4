"""Setting up remotes from the panes, and choosing among those there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError, SignInNeeded
from acd_tui.transfers.model import Place
from acd_tui.ui.format import LOCAL
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import Accounts, AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.widgets.pane import Pane


class RemoteActions:
    """The `do_…` methods that concern remotes as such."""

    def __init__(self, app: AcdApp, browser: BrowserScreen) -> None:
        self._app = app
        self._browser = browser
        self._wanted: set[str] = set()  # whose transfers wait for a sign-in
        self._told = set[str]()  # whose sign-in is known to the user to be refused
        self._refused = False  # whether something else ended for want of one
        self._declined: str | None = None  # to whom the user would rather not, just now

    def signed_out(self, name: str) -> None:
        """Say that a remote wants the user to sign in, unless something said so."""
        if self._app.setup is None or self._refused:
            return
        if name not in self._told | self._wanted:  # both panes may show it
            self._told.add(name)
            self._app.tell(
                f"{name} wants you to sign in again\n"
                f"{self._app.key_of('remotes')} in its pane signs in",
                severity="warning",
            )

    @property
    def wanted(self) -> frozenset[str]:
        """The remotes whose transfers wait for a sign-in, as far as was told."""
        return frozenset(self._wanted)

    def sign_in_to_wanted(self) -> None:
        """Sign in again to one of them."""
        self.sign_in(min(self.wanted))

    def sign_in_wanted(self, name: str) -> None:
        """Say that transfers of a remote wait until somebody signs in to it."""
        self._wanted.add(name)
        self._app.tell(
            f"{name} wants you to sign in again; its transfers wait\n"
            f"{self._app.key_of('remotes')} signs in",
            severity="warning",
        )

    def worded(self, error: AcdError) -> AcdError:
        """Return an error with what can be done about it here, if that is to sign in."""
        if isinstance(error, SignInNeeded) and self._app.setup is not None:
            self._refused = True
            key = self._app.key_of("remotes")
            return SignInNeeded(
                error.message, hint=f"sign in again with {key} in its pane"
            )
        return error

    def do_remotes(self) -> None:
        if self._app.setup is not None:
            self._app.work(self._remotes(self._app.setup), group="remotes")

    def sign_in(self, name: str) -> None:
        """Sign in again to a remote."""
        if self._app.setup is not None:
            self._app.work(self._sign_in(self._app.setup, name), group="remotes")

    async def _remotes(self, accounts: Accounts) -> None:
        """Sign in where that is what is missing; list them, or set up the first one."""
        pane = self._browser.active
        name = pane.place.filesystem
        refused = self._refused and name != LOCAL
        if (refused or _is_signed_out(pane)) and name != self._declined:
            await self._sign_in(accounts, name)
        elif others := self._wanted - {self._declined}:
            await self._sign_in(accounts, min(others))
        elif (names := self._names()) is not None and not names:
            await self._add(accounts, welcome=True)
        else:
            self._declined = None
            await self._choose(accounts)

    def _names(self) -> Sequence[str] | None:
        """The names of all remotes; None where they cannot be read."""
        try:
            return self._app.session.remote_names()
        except AcdError:
            return None

    async def _choose(self, accounts: Accounts) -> None:
        from acd_tui.ui.screens.remotes import RemotesScreen

        app = self._app
        panes = (self._browser.left, self._browser.right)
        signed_out = {p.place.filesystem for p in panes if _is_signed_out(p)}
        screen = RemotesScreen(app.engine, accounts, signed_out=signed_out)
        wish = await app.push_screen_wait(screen)
        self._leave_what_is_gone()
        match wish:
            case ("open", name):
                self._browser.active.go(Place(name, VPath()))
            case ("sign in", name):
                await self._sign_in(accounts, name)
            case ("add", _):
                await self._add(accounts, welcome=False)
            case _:
                pass

    def _leave_what_is_gone(self) -> None:
        """Show the disk where a remote was shown that has another name, or none, now."""
        names = self._names()
        for pane in (self._browser.left, self._browser.right):
            if names is not None and pane.place.filesystem not in {*names, LOCAL}:
                pane.go(Place(LOCAL, self._app.home), remember=False)

    async def _add(self, accounts: Accounts, *, welcome: bool) -> None:
        from acd_tui.ui.screens.setup import Setup

        app, browser = self._app, self._browser
        name = await app.push_screen_wait(Setup(app.engine, accounts, welcome=welcome))
        if name is not None:
            pane = browser.right if welcome else browser.active
            pane.go(Place(name, VPath()))
            if not pane.display:  # a narrow terminal has room for one pane
                browser.go_to(pane)
        elif welcome:
            app.tell(
                f"No drive is set up · {app.key_of('remotes')} opens the set-up again"
            )

    async def _sign_in(self, accounts: Accounts, name: str) -> None:
        from acd_tui.ui.screens.login import Login

        app = self._app
        self._refused = False
        self._declined = name  # who cancels is to reach the list of remotes
        if await app.push_screen_wait(Login(app.engine, accounts, name)):
            self._declined = None
            self._told.discard(name)
            self._wanted.discard(name)
            for pane in (self._browser.left, self._browser.right):
                if pane.place.filesystem == name:
                    pane.reload()


def _is_signed_out(pane: Pane) -> bool:
    """Whether what a pane shows wants the user to sign in."""
    mirror = pane.facts.mirror
    is_told = mirror is not None and mirror.signed_out
    return is_told or isinstance(pane.problem, SignInNeeded)
