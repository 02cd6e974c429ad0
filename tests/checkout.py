"""This checkout as the tests see it: its files, and copies of it elsewhere."""

import os
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Real databases and migrations beside the checkout, read where they lie. A test says so where the folder is missing.
SHARED = Path(os.environ.get("FERRYMAN_SHARED") or ROOT.parent / "shared")

#: The folders at the top of the repository that `ferryman/` links to.
LINKED = ("agents", "graph", "prompts", "tools", "domain")

#: What a checkout holds and git does not: what .gitignore names, and git's own folder.
NOT_OURS = (
    ".git",
    ".venv",
    ".env",
    ".ferryman",
    ".hypothesis",
    ".*_cache",
    ".coverage",
    "__pycache__",
    "*.py[cod]",
    "*.egg-info",
    "build",
    "dist",
    "htmlcov",
)


def files(top: Path = ROOT) -> Iterator[Path]:
    """Every file of ours below `top`, each once: links are not followed. Works without git."""
    for entry in sorted(top.iterdir()):
        if any(fnmatch(entry.name, pattern) for pattern in NOT_OURS) or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from files(entry)
        else:
            yield entry


def copy_to(destination: Path) -> Path:
    """The checkout with its links, copied to `destination`, which must not exist yet."""
    shutil.copytree(ROOT, destination, symlinks=True, ignore=shutil.ignore_patterns(*NOT_OURS))
    return destination


def skeleton_in(destination: Path) -> Path:
    """The house without what lives in it: configuration, links and empty packages. The gate is quick there."""
    destination.mkdir()
    for name in ("pyproject.toml", "Makefile", "setup.py"):
        shutil.copy2(ROOT / name, destination / name)
    for package in (*LINKED, "ferryman", "tests", "benchmarks", "examples"):
        (destination / package).mkdir()
        (destination / package / "__init__.py").write_text('"""An empty package."""\n')
    for stage in ("databases", "discover", "prepare", "move", "prove"):
        (destination / "tools" / stage).mkdir()
        (destination / "tools" / stage / "__init__.py").write_text('"""An empty package."""\n')
    for name in LINKED:
        (destination / "ferryman" / name).symlink_to(Path("..", name))
    return destination
