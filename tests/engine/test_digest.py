"""The engine's identity."""

import subprocess
import sys

from touchstone.engine import ENGINE_VERSION, engine_digest


def test_the_digest_is_the_same_in_another_process():
    code = "from touchstone.engine import engine_digest; print(engine_digest())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == engine_digest()
    assert len(engine_digest()) == 64
    assert ENGINE_VERSION


def test_importing_the_open_key_loads_neither_numba_nor_django():
    code = (
        "import sys; from touchstone.engine import score_tally; score_tally(15, 1);"
        "print(sorted({'numba', 'django', 'scipy'} & sys.modules.keys()))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == "[]"
