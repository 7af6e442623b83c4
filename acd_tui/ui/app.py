"""The application: what is left when the screens and widgets are taken away."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast
from weakref import WeakValueDictionary

import msgspec
from textual.app import SystemCommand
from textual.events import Event, Key, MouseDown, Paste
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker

from acd_tui.clock import Clock, SystemClock
from acd_tui.config.file import SettingsFile
from acd_tui.config.places import PlacesFile
from acd_tui.config.settings import Settings
from acd_tui.errors import AcdError
from acd_tui.memory import settle
from acd_tui.printable import printable
from acd_tui.transfers.model import Place, QueueSnapshot, State
from acd_tui.ui import actions
from acd_tui.ui.action import Action
from acd_tui.ui.appearance import Appearance
from acd_tui.ui.commands import ActionCommands, Palette
from acd_tui.ui.desktop import notification
from acd_tui.ui.engine import Engine, Inbox, Session
from acd_tui.ui.format import sentence
from acd_tui.ui.key_table import HelpLine, action_lines
from acd_tui.ui.keyboard import Keyboard
from acd_tui.ui.keymap import PRESETS, keymap
from acd_tui.ui.keys import show_key
from acd_tui.ui.leaving import Outcome, finish_changes, still_moving, when_told
from acd_tui.ui.messages import ActionChosen, QueueChanged, Woken
from acd_tui.ui.preferences import Preferences
from acd_tui.ui.rate_history import RateHistory
from acd_tui.ui.screens.action_screen import ActionScreen, action_screens, shown_screens
from acd_tui.ui.screens.services import LoginServices, RemoteServices, SetupServices
from acd_tui.ui.type_ahead import InTurn, TypeAhead
from acd_tui.ui.unforeseen import unforeseen
from acd_tui.ui.widgets import loading
from acd_tui.ui.widgets.file_table import FileTable
from acd_tui.ui.widgets.line_list import LineList
from acd_tui.ui.widgets.listing import Listing
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from concurrent.futures import Future

    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.vfs.entry import Entry

T = TypeVar("T")

log = logging.getLogger(__name__)

_EMPTY_QUEUE = QueueSnapshot(
    counts={},
    size=0,
    done=0,
    rate=0.0,
    left=None,
    running=(),
    planning=0,
    paused=False,
    here=True,
    revision=-1,
)
_BUSY_SECONDS = 0.1
_IDLE_SECONDS = 1.0


class OwnFiles(msgspec.Struct, frozen=True):
    """What the interface keeps from one run to the next.

    Attributes:
        settings: None if they cannot be changed from here.
        places: bookmarks and folders visited; None if they are not kept.
        log: the log of this run; None if there is none.
    """

    settings: SettingsFile | None = None
    places: PlacesFile | None = None
    log: Path | None = None


DEFAULTS = Settings()
NO_FILES = OwnFiles()


class Accounts(SetupServices, LoginServices, RemoteServices, Protocol):
    """What adding remotes, signing in to them and changing them takes."""


class AcdApp(Appearance):
    """Two panes, a queue, and the screens around them.

    Attributes:
        engine: runs the session; coroutines of it are awaited through `engine.run`.
        queue: the queue at the last look.
        hindered: remotes whose services do not do what they are asked.
        rates: how fast it was over the last minutes.
        setup: adds remotes and signs in again; None if that cannot be done here.
        preferences: what the user likes.
        places_file: where bookmarks are kept; None if they are not.
        log_file: where the log is; None if there is none.
        clock: what time it is.
        home: the user's home folder.
        large_listings: those of large folders that panes, tabs or marks have.
        renewing: held while one of them is brought up to date.
    """

    TITLE = "acd-tui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False  # its key would be out of the key map's reach
    COMMANDS: ClassVar = {ActionCommands}

    def __init__(  # noqa: PLR0913 - what it is made of, told by name
        self,
        engine: Engine,
        *,
        left: Place,
        right: Place | None = None,
        known: Future[Sequence[Entry]] | None = None,
        setup: Accounts | None = None,
        settings: Settings = DEFAULTS,
        files: OwnFiles = NO_FILES,
        clock: Clock | None = None,
        named: bool = False,
        at_remotes: bool = False,
    ) -> None:
        """Make the application; `run` or `run_async` starts it.

        Args:
            engine: started, or about to be; the app closes it on its way out.
            left: what the left pane shows first.
            right: what the right pane shows first; without, the first remote there is
                or, where there is none, what the left pane shows, with the wizard
                above it.
            known: the first entries of that, to be shown at once if they are there by
                then.
            setup: adds remotes and signs in, see above.
            settings: what the user likes.
            files: where those and what else is remembered are kept.
            clock: the system's, if not given.
            named: the user named what the right pane shows: where there is room for
                one pane only, it is that one.
            at_remotes: open the remotes screen at once.
        """
        super().__init__()
        self.engine = engine
        self.setup = setup
        self.clock = clock if clock is not None else SystemClock()
        self.queue = _EMPTY_QUEUE
        self.hindered: set[str] = set()
        self.rates = RateHistory()
        self._left, self._right, self._known = left, right, known
        self._named, self._at_remotes = named, at_remotes
        self._inbox = Inbox(self._wake)
        self._quit_when_done = False
        self._outcome = Outcome()
        self._announced_conflicts = 0
        self.keyboard = Keyboard(self, keymap(settings.keys.preset, settings.keys.bind))
        self._type_ahead = TypeAhead(
            self._take_key,
            self._where_keys_go,
            self._rows_arrived,
            self.keyboard.is_about_rows,
            failed=self._handle_exception,
        )
        self.home = VPath.parse(str(Path.home()))
        self.large_listings = WeakValueDictionary[Place, Listing]()
        self.renewing = asyncio.Lock()
        self.preferences = Preferences(self, settings, files.settings)
        self.places_file = files.places
        self.log_file = files.log

    def _fatal_error(self) -> None:
        """End after an error that nobody foresaw.

        Textual's own report shows the variables of all functions, and with them secrets.
        """
        error = sys.exc_info()[1]
        log.error("unexpected error", exc_info=error)
        files = [
            handler.baseFilename
            for handler in logging.getLogger().handlers
            if isinstance(handler, logging.FileHandler)
        ]
        words = f"error: unexpected {type(error).__name__}; the panes had to end"
        hint = f"\nhint: the full story is in {files[0]}" if files else ""
        self._exit_renderables.append(printable(words) + hint)
        self._close_messages_no_wait()

    # --- parts ------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The open session; its coroutines go through `engine.run`."""
        return self.engine.session

    @property
    def settings(self) -> Settings:
        """What the user likes, as it is now."""
        return self.preferences.settings

    @property
    def browser(self) -> BrowserScreen:
        """The home screen, whatever lies above it."""
        return cast("BrowserScreen", shown_screens(self)[0])

    @property
    def front(self) -> ActionScreen:
        """The home screen or the one that took its place, whatever dialogs lie above."""
        return shown_screens(self)[-1]

    def open(
        self, screen: Screen[T], then: Callable[[T | None], None] | None = None
    ) -> None:
        """Show a screen above the others.

        Args:
            screen: the screen.
            then: gets its result.
        """
        if all(each.severity == "information" for each in self._notifications):
            self.clear_notifications()  # they are about what is left now
        _ = self.push_screen(screen, then)

    # --- start ------------------------------------------------------------

    async def on_mount(self) -> None:
        from acd_tui.ui.screens.browser import TWO_PANES, BrowserScreen

        # First what it looks like: a change works out the style of every widget anew.
        self.preferences.begin()
        browser = BrowserScreen(
            self._left,
            self._right or self._left,
            in_right=self._named and self.size.width < TWO_PANES,
        )
        browser.right.known = await loading.known(self._known)
        for pane in (browser.left, browser.right):
            pane.files.hidden = self.settings.show_hidden
            pane.files.order = pane.table.order_by(self.settings.sort)
            pane.table.show_columns(self.settings.columns)
        await self.push_screen(browser)
        if not self.is_headless:
            when_told(self, lambda code: self.work(self._leave(code), group="quit"))
        self._type_ahead.hold()
        self.work(self._begin(), group="begin")

    async def _begin(self) -> None:
        # What is known is seen before all else is loaded.
        await self.drawn()
        if not self.is_headless:
            settle()
        try:
            await self.engine.ready()
        except AcdError as error:
            self.exit(return_code=error.exit_code, message=_sentence(error))
            return
        await self.engine.subscribe(self._inbox)
        names = self.session.remote_names()
        if self._right is None and names:
            self._right = Place(names[0], VPath())
        self.browser.begin(self._left, self._right or self._left)
        await self.browser.complete()
        if self._right is None or self._at_remotes:
            self.browser.parts.remotes.do_remotes()
        await self._watch_queue()

    # --- keys ---------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        """Take keys in turn; everything else as it comes."""
        if isinstance(event, Key) and not self.screen_stack:
            return  # the program is ending: Textual would look for bindings of no screen
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._type_ahead.take(event)
            return
        if isinstance(event, MouseDown) and not self._is_on_popup(event):
            self.keyboard.give_up()
        await super().on_event(event)
        if isinstance(event, MouseDown):
            self.call_later(self.follow_cursor)

    async def _take_key(self, event: InTurn) -> None:
        if isinstance(event, Key):
            # Textual does so, too, but after it has looked for what has the focus.
            self.app_focus = True
        if not (isinstance(event, Key) and self.keyboard.take(event)):
            await super().on_event(event)
        self.call_later(self.follow_cursor)

    def _is_on_popup(self, event: MouseDown) -> bool:
        popup = self.front.which_key if self.lists_have_focus else None
        return popup is not None and popup.region.contains(*event.screen_offset)

    @property
    def lists_have_focus(self) -> bool:
        """Whether keys go to a pane, to the queue or to the Transfers screen."""
        on_lists = self.screen_stack and isinstance(self.screen, ActionScreen)
        return bool(on_lists) and isinstance(self.focused, LineList)

    def _where_keys_go(self) -> Iterable[MessagePump]:
        if not self.screen_stack:
            return ()
        return tuple(p for p in (self.focused, self.screen, self) if p is not None)

    async def _rows_arrived(self) -> None:
        if self.screen_stack and isinstance(self.focused, FileTable):
            await self.focused.arrived()

    # --- work that may fail -------------------------------------------------

    def work(
        self,
        coroutine: Coroutine[Any, Any, None],
        *,
        group: str,
        exclusive: bool = False,
    ) -> Worker[None]:
        """Run a coroutine beside the screen; whatever goes wrong in it is shown.

        Args:
            coroutine: runs in the interface's loop.
            group: what it belongs to.
            exclusive: cancel what runs in that group already.
        """

        async def guarded() -> None:
            try:
                await coroutine
            except AcdError as error:
                if not self.engine.is_closing:
                    self.show_error(error)
            except Exception as error:  # noqa: BLE001 - the workers' border
                self.show_error(unforeseen(error))

        worker: Worker[None] = self.run_worker(
            guarded, group=group, exclusive=exclusive, exit_on_error=False
        )
        # One cancelled before it has begun would complain that nobody awaited it.
        task = cast("asyncio.Task[None]", worker._task)  # noqa: SLF001 - no hook tells
        task.add_done_callback(lambda _: coroutine.close())
        return worker

    def show_error(self, error: AcdError) -> None:
        """Show an error and its hint as a notification."""
        self.tell(_sentence(self.browser.parts.remotes.worded(error)), severity="error")

    def tell(self, text: str, *, severity: str = "information") -> None:
        """Show a sentence as a notification; names in it need not be safe."""
        lines = "\n".join(printable(line) for line in text.split("\n"))
        level: Any = severity
        # What is said already need not stand there twice.
        if all(each.message != lines for each in self._notifications):
            self.notify(lines, severity=level, markup=False)
        self.call_later(self.follow_cursor)

    def tell_desktop(self, text: str) -> None:
        """Have the desktop say so, where the terminal can and is not looked at."""
        words = notification(self.TITLE, text, os.environ)
        if words is not None and not self.app_focus and self._driver is not None:
            self._driver.write(words)

    def run_in_terminal(
        self, command: Sequence[str], *, folder: str | None = None, words: str = ""
    ) -> int:
        """Give the terminal to a program until it ends; return its exit code.

        Args:
            command: the program, with its arguments.
            folder: where it runs; without, where we do.
            words: to be said before it begins.

        Raises:
            AcdError: it cannot be started, or not from here.
        """
        from acd_tui.ui.editing import run_in_terminal

        return run_in_terminal(self, command, folder=folder, words=words)

    # --- actions ------------------------------------------------------------

    def keys_of(self, action_id: str) -> tuple[str, ...]:
        """The keys an action has now."""
        return self.keyboard.keymap.keys[action_id]

    def key_of(self, action_id: str) -> str:
        """The first of an action's keys as it is shown, or where else to find it."""
        keys = self.keys_of(action_id)
        if keys:
            return show_key(keys[0])
        return (
            f"{show_key(self.keys_of('palette')[0])} {actions.BY_ID[action_id].title}"
        )

    def do(self, action_id: str, *arguments: str) -> None:
        """Do an action of the table, or say why that is not possible now.

        Args:
            action_id: which.
            arguments: the key it needs to know; without, the user is asked for it.
        """
        action = actions.BY_ID[action_id]
        if action.context != "global" and len(self.screen_stack) < 2:
            return
        if reason := action.enabled(self):
            self.tell(f"{action.title}: {reason}", severity="warning")
            return
        if action.argument and not arguments:
            self.keyboard.ask_for_key(action_id)
            return
        try:
            getattr(self.target_of(action), f"do_{action_id}")(*arguments)
        except AcdError as error:
            self.show_error(error)

    def target_of(self, action: Action) -> object:
        """What has the `do_…` method of an action.

        Raises:
            AcdError: it is done elsewhere.
        """
        for own in (self, self.preferences):
            if hasattr(own, f"do_{action.id}"):
                return own
        return self.front.target_of(action)

    def on_action_chosen(self, message: ActionChosen) -> None:
        self.do(message.action)

    def get_system_commands(
        self,
        screen: Screen[Any],  # noqa: ARG002 - Textual's signature
    ) -> Iterable[SystemCommand]:
        return ()  # everything is in the table of actions

    def do_help(self) -> None:
        from acd_tui.ui.screens.help import HelpScreen

        def chosen(action: str | None) -> None:
            if action is not None:
                self.do(action)

        lines = action_lines(self.keyboard.keymap.keys)
        if letters := PRESETS[self.settings.keys.preset].about_letters:
            about = HelpLine("Pane", "a…z", "Search by first letters", letters, "find")
            lines.insert(0, about)
        self.open(HelpScreen(lines), chosen)

    def do_log(self) -> None:
        from acd_tui.ui.screens.log import LogScreen

        if self.log_file is not None:
            self.open(LogScreen(self.log_file))

    def do_stand_aside(self) -> None:
        from acd_tui.ui.standing_aside import stand_aside

        stand_aside(self)

    def do_palette(self) -> None:
        if not isinstance(self.screen, Palette):
            self.open(Palette(placeholder="What would you like to do?"))

    def on_app_focus(self) -> None:
        """The terminal has the focus again."""
        if len(self.screen_stack) > 1:
            self.browser.look_at_local()

    # --- the session's news -------------------------------------------------

    def _wake(self) -> None:
        self.post_message(Woken())

    def on_woken(self) -> None:
        if action_screens(self):  # and not on the way out
            self.browser.handle_events(self._inbox.drain())

    async def _watch_queue(self) -> None:
        while True:
            await self.look_at_queue()
            busy = self.queue.unfinished or self.queue.planning
            pause = _BUSY_SECONDS if busy else _IDLE_SECONDS
            await asyncio.sleep(pause)

    async def look_at_queue(self) -> None:
        """Sample the queue now and tell the screens if it changed."""
        snapshot = await self.engine.call(self.session.transfers.snapshot)
        self.rates.saw(snapshot, self.clock.monotonic())
        self._outcome.saw(snapshot)
        if snapshot != self.queue:
            self.queue = snapshot
            for screen in action_screens(self):
                screen.post_message(QueueChanged(snapshot))
            self._announce_conflicts(snapshot)
        if self._quit_when_done and not self._still_busy():
            await self._leave(message=self._outcome.told(snapshot))

    def _announce_conflicts(self, snapshot: QueueSnapshot) -> None:
        conflicts = snapshot.counts.get(State.CONFLICT, 0)
        if conflicts > self._announced_conflicts:
            noun = "conflict" if conflicts == 1 else "conflicts"
            self.tell(
                f"{conflicts} {noun} to decide: press {self.key_of('conflicts')}",
                severity="warning",
            )
        self._announced_conflicts = conflicts

    # --- the end --------------------------------------------------------------

    @property
    def is_leaving(self) -> bool:
        """Whether the program ends as soon as nothing is on its way any more."""
        return self._quit_when_done

    async def action_quit(self) -> None:
        """Textual's own Ctrl-Q, which works in dialogs as well: ask there, too."""
        self.do_quit()

    def do_quit(self) -> None:
        self.work(self._quit(), group="quit")

    async def _quit(self) -> None:
        if self._still_busy():
            from acd_tui.ui.screens.confirm import Choose

            unfinished = f"{self.queue.unfinished:,}"
            answer = await self.push_screen_wait(
                Choose(
                    "Quit",
                    f"Transfers still to be finished: {unfinished}",
                    [
                        ("c", "stay", "do not quit"),
                        ("f", "finish", "finish them first, then quit"),
                        ("k", "keep", "quit now, go on with them next time"),
                    ],
                )
            )
            if answer != "keep":
                self._quit_when_done = answer == "finish"
                self.browser.post_message(QueueChanged(self.queue))
                return
        await self._leave()

    def quit_when_done(self) -> None:
        """Quit as soon as nothing is on its way any more."""
        self._quit_when_done = True

    async def _leave(self, return_code: int = 0, message: str | None = None) -> None:
        """Close the session in its own time, then the screen."""
        self._quit_when_done = False
        self.browser.parts.places.keep_visits()
        await finish_changes(self)
        await asyncio.to_thread(self.engine.close)
        self.exit(return_code=return_code, message=message)

    def _still_busy(self) -> bool:
        """Whether something runs in this process or will run without the user."""
        return self.browser.parts.syncing.is_pending or still_moving(self.queue)


def _sentence(error: AcdError) -> str:
    """An error and its hint, as two lines."""
    return "\n".join(sentence(each) for each in (error.message, error.hint) if each)
