"""`touchstone verify` says what held, or which step failed, with an exit code of its own for each."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.transparency.publisher import WITNESS, Publisher, busy_publisher, counts_of, site

from touchstone.cli.main import main
from touchstone.cli.rescoring import score_row
from touchstone.cli.standalone import build_standalone
from touchstone.cli.verification import EXIT_CODES
from touchstone.transparency import Policy, TransparencyError, published_figures

pytestmark = pytest.mark.pure

ROOT = Path(__file__).resolve().parents[2]
# Runs the one-file verifier where none of the newsroom's packages can be imported.
ALONE = """
import runpy, sys
for name in ("touchstone", "django", "numpy", "numba", "click", "rich", "httpx", "rfc8785"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def scored_publisher() -> Publisher:
    """A log whose figures come from the real trust engine, one row with weights."""
    log, rows = without_indices(busy_publisher(260)), []
    for story, (real, fake) in counts_of(log).items():
        row = {"fake": fake, "real": real, "story": story}
        if story == 2:
            row["basis"] = {
                "both_sides": True,
                "crowd": False,
                "held": 1,
                "places": [[-1, 0, 1], [0, fake, real - 8], [15, 0, 7]],
                "probability": "0.9371",
            }
        rows.append({**row, "figures": published_figures(score_row(row))})
    log.add("index", {"at": 1, "engine": "e" * 64, "rows": rows})
    return log


def without_indices(log: Publisher) -> Publisher:
    """The same log without figures: those of the pure tests are not the engine's."""
    kept = Publisher()
    for leaf, opening in zip(log.leaves, log.openings, strict=True):
        if b'"kind":"index"' not in leaf:
            kept.leaves.append(leaf)
            kept.openings.append(opening)
    kept.tree.append(kept.leaves)
    return kept


@pytest.fixture(scope="module")
def log() -> Publisher:
    return scored_publisher()


@pytest.fixture(scope="module")
def folder(log: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open-data")
    write(folder, site(log).files | {"policy": f"log {log.key.verifier}\nquorum none\n".encode()})
    return folder


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.fixture
def receipt(log: Publisher, tmp_path: Path) -> Path:
    path = tmp_path / "vote.tlog-proof"
    path.write_bytes(log.receipt(17))
    return path


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """The folder behind a web server, below /log/."""

    class Quiet(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            return super().translate_path(path.removeprefix("/log"))

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)], catch_exceptions=False)


def test_a_receipt_is_verified_step_by_step(receipt: Path, log: Publisher) -> None:
    result = run("receipt", receipt, "--key", log.key.verifier)
    assert result.exit_code == 0
    for words in ("ok  signature", "ok  quorum", "entry 18 (index 17)", "ok  opening", '"choice":"real"', "VERIFIED"):
        assert words in result.output


def test_a_receipt_needs_a_key_to_be_checked_with(receipt: Path) -> None:
    result = run("receipt", receipt)
    assert result.exit_code == 2
    assert "--key VKEY or --policy FILE" in result.output


def test_a_policy_file_may_ask_for_witnesses(receipt: Path, log: Publisher, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"log {log.key.verifier}\nwitness w1 {WITNESS.verifier}\nquorum w1\n")
    assert "cosigned by w1" in run("receipt", receipt, "--policy", policy).output
    receipt.write_bytes(receipt.read_bytes().rpartition("— witness".encode())[0])
    result = run("receipt", receipt, "--policy", policy)
    assert (result.exit_code, "FAILED at step 'quorum'" in result.output) == (14, True)


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        (b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v2", "format"),
        (b"index 17", b"index 18", "inclusion"),
        (b"/log/2026\n2", b"/log/2026\n3", "signature"),
        (b"news.example/log/2026\n", b"newz.example/log/2026\n", "signature"),
    ],
)
def test_a_spoilt_receipt_names_the_step_that_failed(
    receipt: Path, log: Publisher, old: bytes, new: bytes, step: str
) -> None:
    content = receipt.read_bytes()
    assert old in content
    receipt.write_bytes(content.replace(old, new, 1))
    result = run("receipt", receipt, "--key", log.key.verifier)
    assert result.exit_code == EXIT_CODES[step]
    assert f"FAILED at step {step!r}" in result.output


def test_a_folder_is_verified_and_its_checkpoint_kept_for_next_time(
    folder: Path, log: Publisher, tmp_path: Path
) -> None:
    kept = tmp_path / "seen"
    assert run("log", folder, "--key", log.key.verifier, "--save", kept).exit_code == 0
    result = run("log", folder, "--key", log.key.verifier, "--from", kept)
    assert result.exit_code == 0
    assert "ok  growth" in result.output
    kept.write_bytes(log.checkpoint(100))
    assert run("log", folder, "--key", log.key.verifier, "--from", kept).exit_code == 0


def test_a_shrunken_log_is_refused(folder: Path, log: Publisher, tmp_path: Path) -> None:
    later = scored_publisher()
    later.vote("somebody new")
    kept = tmp_path / "seen"
    kept.write_bytes(later.checkpoint())
    result = run("log", folder, "--key", log.key.verifier, "--from", kept)
    assert result.exit_code == EXIT_CODES["stale"]
    assert "it shrank, or an old copy is served" in result.output


def test_every_index_is_recomputed_with_the_real_engine(folder: Path, log: Publisher) -> None:
    result = run("index", folder, "--key", log.key.verifier)
    assert result.exit_code == 0
    assert "3 published figures recomputed, every bit the same" in result.output
    assert "some figures were made by engine eeee" in result.output


def test_a_forged_figure_is_named(log: Publisher, tmp_path: Path) -> None:
    forged = scored_publisher()
    row = {"fake": 0, "real": 0, "story": 77}
    figures = published_figures(score_row(row)) | {"label": "verified"}
    forged.add("index", {"at": 1, "engine": "e" * 64, "rows": [{**row, "figures": figures}]})
    write(tmp_path, site(forged).files)
    result = run("index", tmp_path, "--key", log.key.verifier)
    assert result.exit_code == EXIT_CODES["index"]
    assert "published label = verified for story 77; the votes logged give gathering_votes" in result.output


def test_a_site_is_verified_over_http(address: str, log: Publisher) -> None:
    for source in (address, address + "/", address + "/log", address + "/log/2026"):
        assert run("log", source, "--key", log.key.verifier).exit_code == 0
    assert "taken from the publisher itself" in run("index", address).output
    result = run("log", address + "/nothing", "--key", log.key.verifier)
    assert (result.exit_code, "cannot be read" in result.output) == (EXIT_CODES["missing"], True)


def test_without_any_key_a_folder_must_declare_one(log: Publisher, tmp_path: Path) -> None:
    write(tmp_path, site(log).files)
    result = run("log", tmp_path)
    assert result.exit_code == EXIT_CODES["command"] == 2
    assert "--key VKEY" in result.output
    assert "policy cannot be read" in result.output


def test_a_key_or_a_policy_that_is_none_is_called_that(folder: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text("quorum\n")
    for option, value, words in (
        ("--key", "nonsense", "Error: --key 'nonsense' is no key"),
        ("--policy", policy, f"Error: --policy {policy} is no policy"),
    ):
        result = run("log", folder, option, value)
        assert result.exit_code == 2
        assert result.output.startswith(words)
        assert "Fetch the file again" not in result.output


def test_a_file_that_cannot_be_written_is_named(folder: Path, log: Publisher, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "file"
    for arguments in (("standalone", nowhere), ("log", folder, "--key", log.key.verifier, "--save", nowhere)):
        result = run(*arguments)
        assert result.exit_code == 2
        assert result.output.endswith(f"Error: {nowhere}: cannot be written: No such file or directory.\n")


def test_every_step_has_an_exit_code_of_its_own() -> None:
    steps = {kind.step for kind in TransparencyError.__subclasses__()}
    assert steps <= set(EXIT_CODES)
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    assert Policy().quorum == "none"


def test_the_pure_commands_never_load_django(receipt: Path, folder: Path, log: Publisher) -> None:
    script = (
        "import sys\nfrom touchstone.cli.main import main\n"
        "for command in (['receipt', sys.argv[1]], ['index', sys.argv[2]], ['log', sys.argv[2]]):\n"
        "    try: main(['verify', *command, '--key', sys.argv[3]], standalone_mode=False)\n"
        "    except SystemExit as end: assert not end.code, end.code\n"
        "import touchstone.cli.witness\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'wagtail')]\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, receipt, folder, str(log.key.verifier)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_the_one_file_verifier_gives_the_same_answers_alone(receipt: Path, folder: Path, log: Publisher) -> None:
    file = receipt.with_name("touchstone_verify.py")
    assert run("standalone", file).exit_code == 0

    def alone(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-c", ALONE, str(file), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    for command, source in (("receipt", receipt), ("log", folder), ("index", folder)):
        ended = alone(command, source, "--key", log.key.verifier)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout == run(command, source, "--key", log.key.verifier).output
    receipt.write_bytes(receipt.read_bytes().replace(b"index 17", b"index 18"))
    ended = alone("receipt", receipt, "--key", log.key.verifier)
    assert (ended.returncode, "FAILED at step 'inclusion'" in ended.stderr) == (EXIT_CODES["inclusion"], True)


def test_the_one_file_verifier_is_the_same_whoever_makes_it() -> None:
    assert build_standalone() == build_standalone()
    assert "touchstone.transparency import" not in build_standalone()
