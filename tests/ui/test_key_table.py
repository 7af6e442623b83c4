"""What is written about keys comes from the table of actions.

python -m tests.ui.test_key_table    writes the table in the README anew
"""

from __future__ import annotations

import re
from pathlib import Path

from acd_tui.ui.key_table import markdown
from acd_tui.ui.keymap import keymap

README = Path(__file__).parents[2] / "README.md"
_TABLE = re.compile(r"(<!-- keys:.*? -->\n)(.*?)(<!-- end of keys -->)", re.DOTALL)


def test_the_table_in_the_readme_is_current() -> None:
    match = _TABLE.search(README.read_text())
    assert match is not None
    assert match[2] == markdown(keymap().keys), __doc__


if __name__ == "__main__":
    text = README.read_text()
    table = markdown(keymap().keys)
    README.write_text(_TABLE.sub(lambda match: match[1] + table + match[3], text))
