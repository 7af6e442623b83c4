"""Values of a remote's options, before anything is done with them."""

from __future__ import annotations

import pytest

from acd_tui.errors import UsageError
from acd_tui.session.option_values import check_values


@pytest.mark.parametrize(
    "address",
    [
        "x",
        "ftp://x",
        "https://",
        "http://x:99999",
        "http://x:0",
        "http://x:y",
        "http://[",
    ],
)
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(UsageError, match=r"endpoint_url: .* is no address"):
        check_values({"endpoint_url": address})


@pytest.mark.parametrize(
    "address", ["", "http://x", "https://x:8443/a", "http://[::1]:1"]
)
def test_an_address_is_taken(address: str) -> None:
    check_values({"endpoint_url": address})
