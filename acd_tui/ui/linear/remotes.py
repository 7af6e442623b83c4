"""The remotes in lines: what there is, setting one up, signing in again."""

from __future__ import annotations

from collections.abc import Sequence

from acd_tui.errors import UsageError
from acd_tui.printable import printable
from acd_tui.ui.format import count
from acd_tui.ui.linear.lines import Lines
from acd_tui.ui.linear.remote_changes import (
    OF_ONE,
    RemoteChanges,
    Services,
    change_password,
    new_password,
)
from acd_tui.ui.linear.sign_in import sign_in
from acd_tui.ui.screens import setup_rules as rules
from acd_tui.ui.screens.remote_facts import drive_of
from acd_tui.ui.screens.setup_rules import Draft, Origin

_LEAVE, _ADD = "nothing", "set up another one"
_PASSWORD = "encrypt or decrypt the configuration file"  # noqa: S105 - not one
_KEEPERS = {
    "keyring": "the system's keyring",
    "encrypted": "an encrypted file, with a password that is asked for at each start",
    "file": "a plain file that you alone can read",
}


class RemoteTalk:
    """Asks for what setting up and changing remotes takes, question by question."""

    def __init__(self, lines: Lines, services: Services) -> None:
        self._lines = lines
        self._services = services

    async def run(self) -> str | None:
        """Say what there is, and do what is wanted; return a remote that is new."""
        infos = await self._services.remotes()
        for info in infos:
            self._lines.say(f"{info.name}, {drive_of(info)}, secrets: {info.secrets}")
        ours = [info.name for info in infos if info.is_ours]
        deeds = [_LEAVE, _ADD, *(OF_ONE if ours else ()), _PASSWORD]
        if not infos:
            deeds = [_ADD, _LEAVE]
        deed = await self._lines.choose("What is to be done with the remotes?", deeds)
        if deed == _ADD:
            return await self.add()
        if deed == _PASSWORD:
            await change_password(self._lines, self._services)
        elif deed != _LEAVE:
            name = ours[0]
            if len(ours) > 1:
                name = await self._lines.choose("Which one?", ours)
            info = next(info for info in infos if info.name == name)
            await RemoteChanges(self._lines, self._services).do(deed, info)
        return None

    # --- another one ------------------------------------------------------------------

    async def add(self) -> str:
        """Set up a remote; return its name.

        Raises:
            AcdError: it was not set up, or cannot be opened.
        """
        titles = [f"{title}: {help_}" for _, title, help_ in rules.ORIGINS]
        chosen = await self._lines.choose("Where is the drive?", titles)
        draft = Draft(origin=rules.ORIGINS[titles.index(chosen)][0])
        if draft.origin is Origin.RCLONE:
            name = await self._import(draft)
        else:
            await self._name(draft)
            name = await self._make(draft)
        there = await self._services.first_listing(name)
        self._lines.say(f"{name} is ready, with {count(there, 'item')} at its top.")
        return name

    async def _name(self, draft: Draft) -> None:
        taken = await self._services.remote_names()
        built_in = draft.origin is Origin.BUILT_IN
        usual = rules.free_name("drive", taken)
        if built_in:
            usual = await self._services.built_in_name()
        while True:
            draft.name = await self._lines.wanted("What is it to be called", usual)
            as_it_is = built_in and draft.name == usual
            problem = None if as_it_is else rules.name_problem(draft.name, taken)
            if problem is None:
                return
            self._lines.say(f"{problem}.")

    async def _make(self, draft: Draft) -> str:
        if draft.origin is Origin.BUILT_IN:
            self._lines.say("Starting the built-in drive.")
            return await self._services.start_built_in(draft.name)
        await self._keys(draft)
        if draft.origin is Origin.SERVER:
            self._lines.say(f"Asking {draft.server_url} for its addresses.")
            draft.discovered = await self._services.probe(draft.server_url)
        await self._keep(draft)
        options = draft.options()
        token = await sign_in(self._lines, self._services, options)
        await self._services.save(
            draft.name, options, token, draft.where, password=draft.password
        )
        return draft.name

    async def _keys(self, draft: Draft) -> None:
        """Ask for addresses, client id and secret."""
        self._lines.say(rules.NOTES[draft.origin])
        if draft.origin is Origin.SERVER:
            draft.client_id = "acd-tui"
        for key, (label, origins) in rules.FIELDS.items():
            if draft.origin in origins:
                await self._key(draft, key, label)
        addresses = (draft.server_url, draft.auth_url, draft.token_url)
        unsafe = " and ".join(url for url in addresses if rules.is_unencrypted(url))
        if unsafe and not await self._lines.agreed(
            f"Without encryption, others can read what goes to {printable(unsafe)}, "
            "your password too. Go on?"
        ):
            raise UsageError("no remote was set up")

    async def _key(self, draft: Draft, key: str, label: str) -> None:
        """Ask for one of them until it can be right.

        Raises:
            UsageError: nothing was typed, and without it there is no remote.
        """
        usual = getattr(draft, key)
        while True:
            if key == "client_secret":
                or_not = "" if draft.origin is Origin.AMAZON else ", or nothing"
                question = f"{label}{or_not}; it is not shown: "
                text = (await self._lines.ask(question, secret=True) or "").strip()
            else:
                text = await self._lines.wanted(label, usual)
            setattr(draft, key, rules.completed(text) if key == "server_url" else text)
            problem = rules.keys_problem(draft)
            if problem is None or problem[0] != key:
                return  # what comes next is missing yet
            if not text:
                raise UsageError(problem[1])
            self._lines.say(f"{problem[1]}.")

    async def _import(self, draft: Draft) -> str:
        services = self._services
        usual = await services.rclone_file()
        draft.rclone_file = await self._lines.wanted("Configuration of rclone", usual)
        question = "Its password, or nothing if it is not encrypted; it is not shown: "
        draft.rclone_password = await self._lines.ask(question, secret=True) or ""
        found = await services.import_names(draft.rclone_file, draft.rclone_password)
        self._lines.say(f"It has {', '.join(found)}.")
        for name, wrong in found.items():
            if wrong:
                self._lines.say(f"{name} is left out: {wrong}.")
        await self._keep(draft)
        added = await services.import_from(
            draft.rclone_file,
            draft.rclone_password,
            draft.where,
            new_password=draft.password,
        )
        self._lines.say(f"Taken over: {', '.join(added)}.")
        return added[0]

    async def _keep(self, draft: Draft) -> None:
        """Ask what is to keep the secrets; without a keyring there is no usual place."""
        places: Sequence[str] = list(_KEEPERS)
        encrypted = await self._services.is_encrypted()
        if problem := await self._services.keyring_problem():
            self._lines.say(f"The system's keyring cannot be used: {problem}.")
            places = places[1:]
        if encrypted:
            places = [place for place in places if place != "file"]
        texts = [_KEEPERS[place] for place in places]
        question = "The sign-in and its secret let anyone in. Where to keep them?"
        chosen = await self._lines.choose(question, texts)
        draft.where = places[texts.index(chosen)]
        if draft.where == "encrypted" and not encrypted:
            draft.password = await new_password(self._lines)
