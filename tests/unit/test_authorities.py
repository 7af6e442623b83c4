"""Who may vouch for a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd_tui.api.wire import Wire
from acd_tui.auth.lwa import Application
from acd_tui.auth.token import Token
from acd_tui.errors import Denied


@pytest.mark.parametrize("text", [None, "no certificate"])
async def test_certificates_that_are_none_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    file = tmp_path / "mine.pem"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    application = Application("id", token_url="https://drive.invalid/token")

    with pytest.raises(Denied, match=r"certificates that are trusted: .*mine\.pem"):
        Wire("https")
    with pytest.raises(Denied, match=r"certificates that are trusted: .*mine\.pem"):
        await application.refresh(Token("old", "r"))
    Wire("http")  # which asks for none
