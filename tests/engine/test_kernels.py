"""Compiled kernels against their plain twins, and where their machine code is kept."""

import os
import re
import subprocess
import sys

import numba
import numpy as np
import pytest

from touchstone.engine._kernels import special_loops
from touchstone.engine._kernels.bits import lowest_bit, scale, split
from touchstone.engine._kernels.compile import compiled

rng = np.random.default_rng(7)
POSITIVE = np.concatenate([np.exp(rng.uniform(-30.0, 30.0, 500)), [5e-324, 1e-310, 0.5, 1.0, 2.0, 1e300]])
SIGNED = np.concatenate([rng.uniform(-750.0, 750.0, 500), [-745.0, -708.5, -0.0, 0.0, 709.7]])


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("log_each", POSITIVE),
        ("log1p_each", POSITIVE),
        ("exp_each", SIGNED),
        ("sigmoid_each", SIGNED),
        ("digamma_each", POSITIVE[(POSITIVE > 1e-12) & (POSITIVE < 1e30)]),
        ("lgamma_each", POSITIVE[(POSITIVE > 1e-12) & (POSITIVE < 1e30)]),
    ],
)
def test_compiled_functions_give_the_bits_of_their_plain_twins(name, points):
    loop = getattr(special_loops, name)
    ours, plain = np.empty_like(points), np.empty_like(points)
    loop(points, ours)
    loop.plain(points, plain)
    np.testing.assert_array_equal(ours.view(np.int64), plain.view(np.int64))


def test_compiled_quantiles_give_the_bits_of_their_plain_twins():
    a, b = np.exp(rng.uniform(0.0, 8.0, (2, 200)))
    ours, plain = np.empty(200), np.empty(200)
    special_loops.beta_quantile_each(a, b, 0.025, ours)
    special_loops.beta_quantile_each.plain(a, b, 0.025, plain)
    np.testing.assert_array_equal(ours.view(np.int64), plain.view(np.int64))


def test_floats_are_taken_apart_and_put_together_alike_in_both_worlds():
    for x in POSITIVE:
        assert compiled(split)(x) == split(x)
    for power in [-1075, -1074, -1023, -1022, -1021, -1020, -1, 0, 1, 1019, 1020, 1021, 1023]:
        for x in [0.7071067811865476, 1.0, 1.4142]:
            assert compiled(scale)(x, power) == scale(x, power)


def test_the_lowest_bit_is_found_alike_in_both_worlds():
    for bit in range(64):
        word = np.uint64((0xDEADBEEFDEADBEEF << bit | 1 << bit) & (1 << 64) - 1)
        assert compiled(lowest_bit)(word) == lowest_bit(word) == bit


def test_no_kernel_contracts_a_product_and_a_sum_into_one_rounding():
    x, out = np.array([0.3, 20.0]), np.empty(2)
    for loop, arguments in [
        (special_loops.digamma_each, (x, out)),
        (special_loops.beta_quantile_each, (x, x, 0.025, out)),
    ]:
        fresh = numba.njit(compiled(loop.plain).py_func, error_model="numpy")  # kept machine code cannot be inspected
        fresh(*arguments)
        for assembly in fresh.inspect_asm().values():
            assert "div" in assembly
            assert not re.search(r"\bv?fn?m(add|sub|la|ls)\w*", assembly)


SCORE = """
import numpy as np
from touchstone.engine._kernels.special_loops import log_each
out = np.empty(1)
log_each(np.array([2.0]), out)
print(out[0])
"""


def run_with(environment):
    finished = subprocess.run(
        [sys.executable, "-c", SCORE], capture_output=True, text=True, env={**os.environ, **environment}, check=True
    )
    return float(finished.stdout)


def test_machine_code_is_kept_where_numba_is_told_to(tmp_path):
    assert run_with({"NUMBA_CACHE_DIR": str(tmp_path)}) == np.log(2.0)
    assert list(tmp_path.rglob("*.nbc"))


def test_kernels_run_where_nothing_may_be_written(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert run_with({"NUMBA_CACHE_DIR": str(blocked / "below")}) == np.log(2.0)
