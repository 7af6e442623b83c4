"""Who may vouch for a server."""

from __future__ import annotations

import os
import ssl

import httpx

from acd_tui.errors import Denied


def trusted(scheme: str) -> ssl.SSLContext:
    """Return what TLS connections are checked by, for addresses of that scheme.

    To read the authorities one trusts takes longer than a small command's questions.
    Where nothing is encrypted none are known, so that an `https` would be refused.

    Raises:
        Denied: `SSL_CERT_FILE` leads to none.
    """
    if scheme != "https":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        named = os.environ.get("SSL_CERT_FILE") or "those of certifi"
        raise Denied(
            f"cannot read the certificates that are trusted: {named}",
            hint="see whether SSL_CERT_FILE leads to a file of certificates (PEM)",
        ) from error
