"""The wizard: from nothing to the first listing of a new remote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Button, ContentSwitcher, Input, OptionList, Static

from acd_tui.clock import SIGN_IN_SECONDS
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.screens import setup_rules as rules
from acd_tui.ui.screens.dialog import STYLES, Dialog, Notice, buttons, relabel
from acd_tui.ui.screens.services import Runner, SetupServices
from acd_tui.ui.screens.setup_pages import (
    ImportPage,
    KeepPage,
    KeysPage,
    OriginPage,
    PasswordPage,
    ready,
)
from acd_tui.ui.screens.setup_rules import Draft, Origin
from acd_tui.ui.screens.sign_in import COPY_ADDRESS, SignIn

PAGES = ("origin", "keys", "keep", "sign-in", "done")
PAGE_TITLES = ("Where", "Keys", "Secrets", "Sign in", "Done")
BEFORE = {
    "keys": "origin",
    "import": "origin",
    "keep": "keys",
    "password": "keep",
    "sign-in": "keep",
}
"""Where one comes to by going back."""

STEP_OF = {"import": "keys", "password": "keep"}
"""Pages that count as another one in the line of steps."""


class Setup(Dialog[str | None]):
    """Adds a remote; the result is its name, or None."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "setup.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+left", "back", "Back", show=False),
        COPY_ADDRESS,
    ]

    def __init__(
        self,
        runner: Runner,
        services: SetupServices,
        *,
        welcome: bool = False,
        patience: float = SIGN_IN_SECONDS,
    ) -> None:
        """Start at the first page.

        Args:
            runner: runs what `services` has to do.
            services: does what is not asking and showing.
            welcome: greet a user who has no remote yet.
            patience: seconds to wait for the sign-in.
        """
        super().__init__("Welcome to acd-tui" if welcome else "New remote", None)
        self._runner = runner
        self._services = services
        self._patience = patience
        self._draft = Draft()
        self._taken: Sequence[str] = ()
        self._built_in = ""
        self._suggested = ""
        self._warned_of = ""
        self._encrypted = False
        self._token: object | None = None
        self._saved: str | None = None

    # --- what stands there

    def compose_box(self) -> Iterable[Widget]:
        yield Static(id="steps")
        with ContentSwitcher(initial="origin"):
            yield OriginPage(id="origin")
            yield KeysPage(id="keys")
            yield ImportPage(id="import-page")
            yield KeepPage(id="keep")
            yield PasswordPage(id="password-page")
            with Vertical(id="sign-in"):
                yield SignIn(self._runner, self._services, patience=self._patience)
            with Vertical(id="done"):
                yield Static(id="result", markup=False)
        yield Notice(id="outcome")
        yield buttons(("cancel", "Cancel"), ("back", "Back"), ("next", "Next"))

    def on_mount(self) -> None:
        self._show_page("origin")
        self._suggest_name()

    @property
    def _page(self) -> str:
        current = self.query_one(ContentSwitcher).current or "origin"
        return current.removesuffix("-page")

    @property
    def _notice(self) -> Notice:
        return self.query_one("#outcome", Notice)

    def _show_page(self, page: str) -> None:
        at = PAGES.index(STEP_OF.get(page, page))
        switcher = self.query_one(ContentSwitcher)
        switcher.current = f"{page}-page" if page in STEP_OF else page
        self.query_one("#steps", Static).update(_steps(at))
        self._notice.clear()
        self.query_one("#back").display = page in BEFORE
        forward = self.query_one("#next", Button)
        forward.display = page != "sign-in"
        relabel(forward, "Finish" if page == "done" else "Next")
        self.query_one("#cancel").display = page != "done"
        if page == "origin":
            self.query_one("#name", Input).focus()
        elif page == "keys":
            self.query_one(KeysPage).focus_first()
        elif page == "keep":
            self.query_one("#places", OptionList).focus()
        elif page in STEP_OF:
            self.query_one(f"#{page}-page").query(Input).first().focus()
        elif page != "sign-in":  # which itself knows where keys go
            forward.focus()

    # --- what the user does

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "next":
                self._next()
            case "back":
                self.action_back()
            case _:
                self.action_cancel()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "name":
            self.query_one("#origins", OptionList).focus()
        else:
            self._next()

    def on_input_changed(self, event: Input.Changed) -> None:
        # What a step says it does stays: a suggested name comes after a click began it.
        if event.input.id != "paste" and not self.is_busy("step"):
            self._notice.clear()

    def on_option_list_option_selected(self) -> None:
        self._next()

    def on_key(self, event: events.Key) -> None:
        # The list itself says nothing while its cursor is on none of the places.
        places = self.query_one("#places", OptionList)
        untouched = places.has_focus and places.highlighted is None
        if event.key == "enter" and untouched:
            self._next()

    def action_cancel(self) -> None:
        self.end(self._saved)

    def action_copy_address(self) -> None:
        self.query_one(SignIn).copy_address()

    def action_back(self) -> None:
        page = self._page
        if page in BEFORE and not self.is_busy("step"):
            self.query_one(SignIn).stop()
            importing = page == "keep" and self._draft.origin is Origin.RCLONE
            self._show_page("import" if importing else BEFORE[page])

    def _next(self) -> None:
        if self.is_busy("step"):
            return
        match self._page:
            case "origin":
                self._leave_origin()
            case "keys":
                self._leave_keys()
            case "import":
                self.query_one(ImportPage).read(self._draft)
                self._probe()
            case "keep":
                self._leave_keep()
            case "password":
                self._leave_password()
            case _:
                self._finish()

    # --- from page to page

    @work(exclusive=True, group="names", exit_on_error=False)
    async def _suggest_name(self) -> None:
        try:
            self._taken = await self._runner.run(self._services.remote_names())
            self._built_in = await self._runner.run(self._services.built_in_name())
        except AcdError as error:
            self._notice.fail(error)
        self._fill_name()

    def on_option_list_option_highlighted(self) -> None:
        self._fill_name()

    @property
    def _origin(self) -> Origin:
        return rules.ORIGINS[self.query_one("#origins", OptionList).highlighted or 0][0]

    def _fill_name(self) -> None:
        """Suggest a name that fits the origin, unless the user has written one."""
        if self.is_busy("step"):
            return  # it goes by the name that stands there
        field = self.query_one("#name", Input)
        if self._page == "origin" and field.value.strip() in {"", self._suggested}:
            self._suggested = rules.free_name("drive", self._taken)
            if self._origin is Origin.BUILT_IN:
                self._suggested = self._built_in
            field.value = self._suggested
            field.action_select_all()  # what is typed takes its place

    def _leave_origin(self) -> None:
        self._draft.origin = origin = self._origin
        self._draft.found = {}
        if origin is Origin.RCLONE:
            self._find_rclone()
            return
        name = self.query_one("#name", Input).value.strip()
        as_it_is = origin is Origin.BUILT_IN and name in {"", self._built_in}
        if not as_it_is and (problem := rules.name_problem(name, self._taken)):
            self._notice.fail(problem)
            self.query_one("#name", Input).focus()
            return
        self._draft.name = name
        if origin is Origin.BUILT_IN:
            self._start_built_in()
            return
        if self._draft.origin is Origin.SERVER and not self._draft.client_id:
            self._draft.client_id = "acd-tui"
        self.query_one(KeysPage).show(self._draft)
        self._show_page("keys")

    @work(exclusive=True, group="step", exit_on_error=False)
    async def _start_built_in(self) -> None:
        self._notice.say("Starting the built-in drive…")
        try:
            self._saved = await self._runner.run(
                self._services.start_built_in(self._draft.name)
            )
        except AcdError as error:
            self._notice.fail(error)
        else:
            self._show_page("done")
            await self._list()

    @work(exclusive=True, group="step", exit_on_error=False)
    async def _find_rclone(self) -> None:
        field = self.query_one("#rclone_file", Input)
        if not field.value:
            field.value = await self._runner.run(self._services.rclone_file())
        self._show_page("import")

    def _leave_keys(self) -> None:
        draft = self._draft
        self.query_one(KeysPage).read(draft)
        draft.server_url = rules.completed(draft.server_url)
        with self.prevent(Input.Changed):  # that would take away what is said next
            field = self.query_one("#server_url", Input)
            field.value = draft.server_url
            field.action_end()
        if problem := rules.keys_problem(draft):
            key, text = problem
            self._notice.fail(text)
            self.query_one(f"#{key}", Input).focus()
            return
        addresses = (draft.server_url, draft.auth_url, draft.token_url)
        unsafe = " and ".join(url for url in addresses if rules.is_unencrypted(url))
        if unsafe and unsafe != self._warned_of:
            self._warned_of = unsafe
            self._notice.say(
                f"! Without encryption, others can read what goes to {unsafe}, your "
                "password too. Next goes on all the same",
                "warning",
            )
            return
        self._probe()

    @work(exclusive=True, group="step", exit_on_error=False)
    async def _probe(self) -> None:
        draft = self._draft
        try:
            if draft.origin is Origin.SERVER:
                self._notice.say(f"Asking {draft.server_url} for its addresses…")
                draft.discovered = await self._runner.run(
                    self._services.probe(draft.server_url)
                )
            if draft.origin is Origin.RCLONE:
                draft.found = await self._runner.run(
                    self._services.import_names(
                        draft.rclone_file, draft.rclone_password
                    )
                )
            problem = await self._runner.run(self._services.keyring_problem())
            self._encrypted = await self._runner.run(self._services.is_encrypted())
        except AcdError as error:
            self._notice.fail(error)
        else:
            self.query_one(KeepPage).show(
                problem, draft.where, encrypted=self._encrypted
            )
            self._show_page("keep")

    def _leave_keep(self) -> None:
        self._draft.where = self.query_one(KeepPage).read()
        if not self._draft.where:
            self._notice.fail("Choose where to keep the secrets")
            self.query_one("#places", OptionList).focus()
            return
        self._draft.password = None
        if self._draft.where == "encrypted" and not self._encrypted:
            self._show_page("password")
        else:
            self._begin_sign_in()

    def _leave_password(self) -> None:
        found, problem = self.query_one(PasswordPage).read()
        if problem:
            self._notice.fail(problem)
            self.query_one(f"#{found}", Input).focus()
            return
        self._draft.password = found
        self._begin_sign_in()

    def _begin_sign_in(self) -> None:
        if self._draft.origin is Origin.RCLONE:
            self._show_page("done")
            self._finish_setup()
            return
        self._show_page("sign-in")
        self.query_one(SignIn).begin(self._draft.options())

    def on_sign_in_signed_in(self, message: SignIn.SignedIn) -> None:
        self._token = message.token
        self._show_page("done")
        self._finish_setup()

    @work(exclusive=True, group="step", exit_on_error=False)
    async def _finish_setup(self) -> None:
        """Save the remote, unless that is done, and look into it."""
        if self._saved is None:
            self._notice.say("Saving…")
            try:
                self._saved = await self._save(self._draft)
            except AcdError as error:
                self._offer_again(error)
                return
            self._token = None
        await self._list()

    async def _save(self, draft: Draft) -> str:
        """Add the remote, or those of rclone; return the name of the first."""
        if draft.origin is Origin.RCLONE:
            names = await self._runner.run(
                self._services.import_from(
                    draft.rclone_file,
                    draft.rclone_password,
                    draft.where,
                    new_password=draft.password,
                )
            )
            return names[0]
        await self._runner.run(
            self._services.save(
                draft.name,
                draft.options(),
                self._token,
                draft.where,
                password=draft.password,
            )
        )
        return draft.name

    async def _list(self) -> None:
        assert self._saved is not None
        self._notice.say(f"Opening {self._saved}…")
        try:
            count = await self._runner.run(self._services.first_listing(self._saved))
        except AcdError as error:
            self._offer_again(error)
            return
        self._notice.clear()
        relabel(self.query_one("#next", Button), "Finish")
        self.query_one("#cancel").display = False
        self.query_one("#result", Static).update(
            ready(self._saved, count, self._draft.found)
        )

    def _offer_again(self, error: AcdError) -> None:
        self._notice.fail(error)
        if self._saved is not None:
            text = f"{printable(self._saved)} is added, but it could not be opened:"
            self.query_one("#result", Static).update(text)
        relabel(self.query_one("#next", Button), "Try again")
        cancel = self.query_one("#cancel", Button)
        relabel(cancel, "Cancel" if self._saved is None else "Finish anyway")
        cancel.display = True

    def _finish(self) -> None:
        if str(self.query_one("#next", Button).label) == "Try again":
            self._finish_setup()
        else:
            self.end(self._saved)


def _steps(at: int) -> Content:
    """Return the line that shows all pages and the one at hand."""
    parts: list[Content | tuple[str, str]] = []
    for number, title in enumerate(PAGE_TITLES):
        if number:
            parts.append((" › ", "dim"))
        parts.append((title, "bold" if number == at else "dim"))
    return Content.assemble(*parts)
