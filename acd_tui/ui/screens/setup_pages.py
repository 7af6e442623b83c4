"""The pages of the wizard that ask for something."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from acd_tui.printable import printable
from acd_tui.ui.screens.dialog import PlainInput, plain
from acd_tui.ui.screens.setup_rules import FIELDS, NOTES, ORIGINS, Draft
from acd_tui.ui.screens.wording import counted


class OriginPage(Vertical):
    """Asks for the name and where the drive is."""

    def compose(self) -> ComposeResult:
        yield Static("Name of the remote", classes="field")
        yield PlainInput(id="name")
        yield Static("Where is the drive?", classes="field")
        yield OptionList(
            *(
                Option(Content.assemble((title, "bold"), "\n  ", (help_, "dim")))
                for _, title, help_ in ORIGINS
            ),
            id="origins",
        )


class KeysPage(Vertical):
    """Asks for addresses, client id and secret."""

    def compose(self) -> ComposeResult:
        for key, (label, _) in FIELDS.items():
            yield Static(label, id=f"{key}-label", classes="field")
            yield PlainInput(id=key, password=key == "client_secret")
        yield Static(id="keys-note", classes="note", markup=False)

    def show(self, draft: Draft) -> None:
        for key, (_, origins) in FIELDS.items():
            for widget in (self.query_one(f"#{key}-label"), self.query_one(f"#{key}")):
                widget.display = draft.origin in origins
            self.query_one(f"#{key}", Input).value = getattr(draft, key)
        self.query_one("#keys-note", Static).update(NOTES.get(draft.origin, ""))

    def focus_first(self) -> None:
        next(f for f in self.query(Input) if f.display).focus()

    def read(self, draft: Draft) -> None:
        for key in FIELDS:
            setattr(draft, key, self.query_one(f"#{key}", Input).value.strip())


class ImportPage(Vertical):
    """Asks for an rclone.conf."""

    def compose(self) -> ComposeResult:
        yield Static("Configuration of rclone", classes="field")
        yield PlainInput(id="rclone_file")
        yield Static("Its password, if it is encrypted", classes="field")
        yield PlainInput(id="rclone_password", password=True)
        yield Static(
            "All drives in it are taken over under their names; the file stays as it is.",
            classes="note",
            markup=False,
        )

    def read(self, draft: Draft) -> None:
        draft.rclone_file = self.query_one("#rclone_file", Input).value.strip()
        draft.rclone_password = self.query_one("#rclone_password", Input).value


class KeepPage(Vertical):
    """Asks what keeps the secrets; chooses nothing by itself without a keyring."""

    def compose(self) -> ComposeResult:
        yield Static(id="keep-lead", classes="note", markup=False)
        yield OptionList(id="places")

    def show(self, problem: str | None, where: str, *, encrypted: bool) -> None:
        """Show the places there are.

        Args:
            problem: why the keyring cannot be used.
            where: what was chosen before, or "".
            encrypted: whether the file is, as it is now.
        """
        lead = "Token and client secret let anyone into this drive. Where to keep them?"
        if problem is not None:
            lead = (
                f"The system's keyring cannot be used: {printable(problem)}.\n\n"
                "Token and client secret have to lie in a file then. Unless that is "
                "encrypted, whoever can read your files can use this drive."
            )
        self.query_one("#keep-lead", Static).update(lead)
        self.query_one("#keep-lead").set_class(problem is not None, "-warning")
        places = self.query_one("#places", OptionList)
        places.clear_options()
        keyring = "unlocked with your session; no secret in any file"
        if problem is not None:
            keyring = "not available"
        in_file = "remotes.conf with a password, in rclone's format; asked once a start"
        if encrypted:
            in_file = "remotes.conf; it has its password already"
        places.add_option(
            _place("keyring", "The system's keyring", keyring, off=problem is not None)
        )
        places.add_option(_place("encrypted", "An encrypted file", in_file))
        if not encrypted:
            plain = "remotes.conf, readable for you alone (mode 0600)"
            places.add_option(_place("file", "A plain file", plain))
        chosen = where or ("keyring" if problem is None else "")
        ids = [option.id for option in places.options]
        places.highlighted = ids.index(chosen) if chosen in ids else None

    def read(self) -> str:
        places = self.query_one("#places", OptionList)
        option = places.highlighted_option
        return "" if option is None or option.disabled else option.id or ""


def _place(id_: str, title: str, text: str, *, off: bool = False) -> Option:
    words = Content.assemble((title, "bold"), "\n  ", (text, "dim"))
    return Option(words, id=id_, disabled=off)


class PasswordPage(Vertical):
    """Asks for the password that the configuration is to be encrypted with."""

    def compose(self) -> ComposeResult:
        yield Static(
            "acd-tui asks for this password at each start, and rclone when it reads "
            "the file. Without it nobody can open the file, not even you.",
            classes="note",
            markup=False,
        )
        yield Static("Password", classes="field")
        yield PlainInput(id="password", password=True)
        yield Static("Once more", classes="field")
        yield PlainInput(id="password-again", password=True)

    def read(self) -> tuple[str, str]:
        """Return the field to look at and what is wrong; or the password and ""."""
        first, second = (field.value for field in self.query(Input))
        if not first.strip():
            return "password", "A password is needed"
        if first != second:
            return "password-again", "The two passwords differ"
        return first, ""


def ready(name: str, count: int, found: Mapping[str, str]) -> Content:
    """Say that a remote is there, what is in it, and what of an import is not.

    Args:
        name: the remote's.
        count: of what its first folder holds.
        found: the drives of an rclone.conf; why one was left out, or "".
    """
    there = counted(count, "entry", "entries") if count else "nothing yet"
    return Content.assemble(
        ("✓ ", "$text-success"),
        (printable(name), "bold"),
        f" is ready. In its first folder: {there}.",
        *(
            Content.assemble("\n", plain(f"{drive} was left out: {wrong}."))
            for drive, wrong in found.items()
            if wrong
        ),
    )
