"""Compiles plain kernels with Numba on first use and keeps the machine code on disk.

A kernel is an ordinary Python function over arrays and scalars; marked with `@kernel` it runs compiled, and its plain
twin, the very same source interpreted, stays at hand as `.plain`. Nothing is imported or compiled before the first
call, so that a web process which only asks for `score_tally` never pays for it.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
PACKAGE = __name__.rpartition(".")[0]
BITS = f"{PACKAGE}.bits"  # the one module whose compiled twins are written apart

_compiled: dict[FunctionType, Any] = {}
_inlined: set[Callable[..., Any]] = set()
_lock = threading.RLock()
_is_interpreted: ContextVar[bool] = ContextVar("_is_interpreted", default=False)


@contextmanager
def interpreted() -> Iterator[None]:
    """Run kernels' plain twins inside: the same bits, without waiting for the compiler; for a few thousand votes."""
    import numpy as np

    token = _is_interpreted.set(True)
    try:
        with np.errstate(over="ignore"):  # hashes wrap around
            yield
    finally:
        _is_interpreted.reset(token)


class Kernel(Generic[P, R]):
    """A function that runs compiled; `.plain` is its interpreted twin."""

    def __init__(self, plain: Callable[P, R]) -> None:
        self.plain = plain
        self.__doc__ = plain.__doc__
        self._dispatcher: Callable[P, R] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled function, compiling it if this is the first call."""
        if _is_interpreted.get():
            return self.plain(*args, **kwargs)
        if self._dispatcher is None:
            self._dispatcher = compiled(self.plain)
        return self._dispatcher(*args, **kwargs)


def kernel(plain: Callable[P, R]) -> Kernel[P, R]:
    """Mark a plain function as one that runs compiled."""
    return Kernel(plain)


def inlined(plain: Callable[P, R]) -> Callable[P, R]:
    """Mark a branch-free scalar function to be built into its callers, which lets loops over it use vector units."""
    _inlined.add(plain)
    return plain


def compiled(plain: Callable[P, R]) -> Callable[P, R]:
    """The compiled twin of a plain function; the package's functions that it calls are compiled along with it.

    No fast maths and no contraction to fused multiply-add: the machine does what the source says, in its order.
    """
    function: Any = plain
    with _lock:
        if function not in _compiled:
            _compiled[function] = _compile(function)
        twin: Callable[P, R] = _compiled[function]
    return twin


def _compile(function: FunctionType) -> Any:
    import numba  # here, as it costs a second: only those who need a kernel pay

    if function.__module__ == BITS:
        return getattr(importlib.import_module(f"{BITS}_compiled"), function.__name__)
    scope = dict(function.__globals__)
    for name in _names_used(function.__code__):
        called = scope.get(name)
        called = called.plain if isinstance(called, Kernel) else called
        if isinstance(called, FunctionType) and called.__module__.startswith(PACKAGE):
            scope[name] = compiled(called)
    twin = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    twin.__qualname__ = function.__qualname__
    twin.__module__ = function.__module__
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": False,
        "forceinline": function in _inlined,
    }
    folder = _cache_folder()
    if folder is None:
        return numba.njit(twin, **options)
    with _numba_cache_in(folder):
        return numba.njit(twin, cache=True, **options)


def _names_used(code: CodeType) -> set[str]:
    """Global names that a function's code mentions, those of its inner functions included."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names_used(constant)
    return names


@contextmanager
def _numba_cache_in(folder: Path) -> Iterator[None]:
    """Let Numba choose this folder for the functions decorated inside; its own setting is put back."""
    import numba

    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        config.CACHE_DIR = before


@cache
def _cache_folder() -> Path | None:
    """Where machine code is kept: a folder of its own for each version of the kernels; None where nothing is writable.

    Numba looks only at a function's own file to tell whether its machine code is stale, not at the files of the
    functions inlined into it; naming the folder by all kernels' text closes that gap.
    """
    asked = os.environ.get("NUMBA_CACHE_DIR")
    user = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    bases = [Path(asked)] if asked else [Path(__file__).parent / "__pycache__", Path(user)]
    for base in bases:
        folder = base / "touchstone-kernels" / _version_of_kernels()
        if _is_writable(folder):
            return folder
    return None


def _is_writable(folder: Path) -> bool:
    probe = folder / f"probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError:
        return False
    return True


def _version_of_kernels() -> str:
    total = hashlib.sha256(sys.version.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:16]
