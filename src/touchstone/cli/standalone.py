"""Builds the verifier as one readable Python file: the same sources, one after the other, with nothing rewritten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from touchstone.engine.digest import engine_digest

FILE_NAME = "touchstone_verify.py"
PACKAGE = Path(__file__).resolve().parent.parent
MODULES = (
    *(
        f"transparency/{name}.py"
        for name in (
            "errors",
            "tree",
            "encoding",
            "tiles",
            "verify",
            "note",
            "checkpoint",
            "cosignature",
            "policy",
            "proof",
            "entries",
            "signing",
            "receipts",
            "store",
            "openings",
            "audit",
            "site",
            "private",
            "replay",
        )
    ),
    "engine/errors.py",
    "engine/_kernels/special.py",
    "engine/_kernels/verdict_rules.py",
    "engine/index.py",
    "engine/basis.py",
    "cli/fetching.py",
    "cli/rescoring.py",
    "cli/verification.py",
    "cli/standalone_main.py",
)
HEADER = '''#!/usr/bin/env python3
"""Touchstone's verifier in one file: checks receipts, vote logs and published trust indices, offline.

Needs Python 3.11 or newer and the package `cryptography`; nothing else. Made from the sources named in each section
by `touchstone verify standalone`; do not edit. Licence: Apache-2.0.

    python touchstone_verify.py receipt FILE --key VKEY
    python touchstone_verify.py log URL|DIR [--key VKEY] [--from CHECKPOINT]
    python touchstone_verify.py index URL|DIR [--key VKEY]
"""

from __future__ import annotations

'''
STAND_INS = '''


def engine_digest() -> str:
    """The engine that this file was made from."""
    return "{digest}"


def inlined(plain: Callable[..., float]) -> Callable[..., float]:
    """In the newsroom a hint to the compiler; here nothing is compiled."""
    return plain


def split(x: float) -> tuple[float, int]:
    """Mantissa in [1/2, 1) and exponent of a finite x > 0, exactly; as in engine/_kernels/bits.py."""
    return frexp(x)


def scale(x: float, power: int) -> float:
    """x times 2 to the power; as in engine/_kernels/bits.py."""
    return ldexp(x, power)
'''


def build_standalone() -> str:
    """The verifier's source text; the same on every machine. Raises ValueError if two modules define one name."""
    sections = [_Section(name) for name in MODULES]
    _require_distinct(sections)
    needed = {"from math import frexp", "from math import ldexp"}
    imports = sorted(needed | {line for section in sections for line in section.outside_imports})
    body = "".join(section.text for section in sections)
    stand_ins = STAND_INS.format(digest=engine_digest())
    return HEADER + "\n".join(imports) + stand_ins + body + '\n\nif __name__ == "__main__":\n    main()\n'


class _Section:
    """One module: its text without imports, what it imports from outside, what it defines."""

    def __init__(self, name: str) -> None:
        self.name = name
        source = (PACKAGE / name).read_text(encoding="utf-8")
        tree = ast.parse(source)
        self.outside_imports: list[str] = []
        self.defined: list[str] = []
        self._aliases: list[str] = []
        dropped: set[int] = set()
        for node in tree.body:
            if self._is_dropped(node):
                dropped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            self.defined += _names_of(node)
        kept = [line for number, line in enumerate(source.split("\n"), start=1) if number not in dropped]
        rule = "# " + "-" * 100
        aliases = "".join(f"{line}\n" for line in self._aliases)
        about = "".join(f"# {line}".rstrip() + "\n" for line in f"{name}: {ast.get_docstring(tree)}".split("\n"))
        self.text = f"\n\n{rule}\n{about}{rule}\n\n{aliases}" + "\n".join(kept).strip() + "\n"

    def _is_dropped(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.lineno == 1:
            return True  # the module's docstring, which is in the section's head
        if isinstance(node, ast.ImportFrom):
            is_own = node.level > 0 or (node.module or "").startswith("touchstone")
            if is_own:
                self._aliases += [f"{name.asname} = {name.name}" for name in node.names if name.asname]
            elif node.module != "__future__":
                self.outside_imports += [f"from {node.module} import {_spelled(name)}" for name in node.names]
            return True
        if isinstance(node, ast.Import):
            self.outside_imports += [f"import {_spelled(name)}" for name in node.names]
            return True
        return False


def _spelled(name: ast.alias) -> str:
    return f"{name.name} as {name.asname}" if name.asname else name.name


def _names_of(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _require_distinct(sections: list[_Section]) -> None:
    owners: dict[str, str] = {}
    for section in sections:
        for name in section.defined:
            if owners.setdefault(name, section.name) != section.name:
                raise ValueError(f"{name} is defined in {owners[name]} and {section.name}: rename one of them")
