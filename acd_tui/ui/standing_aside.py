"""Ctrl-Z: the terminal goes back to the shell until the user comes back with `fg`."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp


def stand_aside(app: AcdApp) -> None:
    """Stop as other programs do at Ctrl-Z, all of the job; return when it goes on.

    Where no shell could have it go on, nothing happens: the system would not stop it
    either, but what is typed meanwhile would be lost.

    Raises:
        AcdError: that cannot be done here.
    """
    from textual.app import SuspendNotSupported

    if sys.platform == "win32":
        raise AcdError("programs cannot be stopped and go on later here")
    if os.getsid(os.getppid()) != os.getsid(0):
        return
    try:
        with app.suspend():
            # Textual's own handler would take the terminal back by itself.
            handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.killpg(os.getpgrp(), signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, handler)
    except SuspendNotSupported:
        raise AcdError("this terminal does not go back to a shell") from None
    app.refresh(layout=True)
