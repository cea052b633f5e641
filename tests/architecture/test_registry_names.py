"""No file names a package registry's address."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOSTS = ["pypi" + ".org", "files.python" + "hosted", "registry." + "npmjs", "deb." + "debian.org"]


def test_no_tracked_file_names_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    texts = {path: path.read_bytes() for path in files if path.is_file()}
    assert not [str(path) for path, text in texts.items() for host in HOSTS if host.encode() in text]
