"""The repository as text: its files, and the functions that they define."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def listed_files(*patterns: str) -> tuple[str, ...]:
    """Paths of the files that git tracks, and of new ones that it does not ignore, below ``ROOT``; all by default."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return tuple(name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file())


def parse(path: str) -> ast.Module:
    """The syntax tree of a Python file below ``ROOT``."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def functions_in(node: ast.AST, prefix: str = "") -> dict[str, ast.AST]:
    """Functions by name, methods by ``Class.name``; those inside a function are left out."""
    functions: dict[str, ast.AST] = {}
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            functions |= functions_in(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            functions[f"{prefix}{child.name}"] = child
    return functions
