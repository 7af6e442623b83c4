"""amazon-photos as PyPI has it: a library, so a script of ours calls it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acd_tui.server import admin
from tests.peers import environments
from tests.peers.tls_front import Front
from tests.server_process import ServerProcess

_PACKAGES = ("amazon-photos==0.0.97", "httpx[http2]<1", "numpy<3", "pandas<4")

# Its cache wants pyarrow, unless the file is there and cannot be read; and where it counts
# several cores, it dies of any task that found no folder to look into.
_START = """
import json, sys
from pathlib import Path
import psutil
from amazon_photos import AmazonPhotos
psutil.cpu_count = lambda logical=True: 1

def ids(found):
    return [] if found is None or found.empty else sorted(found.id)

def names(found):
    return [] if found is None or found.empty else sorted(found.name)

Path("cache").touch()
ap = AmazonPhotos(json.load(sys.stdin), db_path="cache")
"""


def install(folder: Path) -> Path:
    """Install it, and give the Python that has it; see `environments.install`."""
    return environments.install(folder, "amazon_photos", _PACKAGES) / "python"


@dataclass
class AmazonPhotos:
    """amazon-photos, with the cookies of a user."""

    python: Path
    folder: Path
    server: ServerProcess
    front: Front
    user: str

    def __call__(self, script: str) -> Any:
        """Run some lines in which `ap` is the client; `result` is given back."""
        cookies = admin.issue_cookies(self.server.directory, self.user, place="acbca")
        done = subprocess.run(
            [
                *(str(self.python), "-c"),
                f"{_START}\n{script}\nprint('\\n' + json.dumps(result))",
            ],
            input=json.dumps(cookies),
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ["HOME"],
                "LC_ALL": "C.UTF-8",
                "HTTPS_PROXY": self.front.proxy_url,
                "SSL_CERT_FILE": str(self.front.ca_file),
                "PYTHONWARNINGS": "ignore",
            },
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])
