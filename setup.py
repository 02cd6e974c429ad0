"""Refuse to build from a checkout whose folder links are not links; all else is in pyproject.toml.

`ferryman/agents` and its four siblings are symbolic links to the folders at the top of the repository.
A checkout made without symlinks holds small text files in their place, and a wheel built from it would
lack most of the program. In an unpacked sdist they are real folders, which is as good.
"""

from pathlib import Path

from setuptools import setup

LINKED = ("agents", "graph", "prompts", "tools", "domain")


def folders_that_are_missing(package: Path) -> list[str]:
    """The linked packages of `package` that a build from here would leave out."""
    return [name for name in LINKED if not (package / name / "__init__.py").is_file()]


missing = folders_that_are_missing(Path(__file__).resolve().parent / "ferryman")
if missing:
    names = ", ".join(f"ferryman/{name}" for name in missing)
    raise SystemExit(
        f"Cannot build from here: {names} should be symbolic links to folders, and are not.\n"
        "Check out again with symlinks (on Windows: developer mode, then "
        "`git config core.symlinks true` and `git checkout -- ferryman`), then build."
    )

setup()
