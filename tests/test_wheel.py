"""The package as a stranger gets it: built, installed into an empty environment, and run there."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import LINKED, ROOT, copy_to

pytestmark = pytest.mark.timeout(900)


def build(checkout: Path, into: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build a checkout in an environment of the build's own. No option: the source archive, and a wheel from that."""
    command = [sys.executable, "-m", "build", *options, "--outdir", str(into), str(checkout)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def built_wheel(checkout: Path, into: Path, *options: str) -> Path:
    done = build(checkout, into, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = into.glob("*.whl")
    return wheel


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_of_the_package(checkout: Path) -> Iterator[str]:
    """Every file below `ferryman/`, links followed, as a wheel names them."""
    for folder, folders, names in os.walk(checkout / "ferryman", followlinks=True):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (str(Path(folder, name).relative_to(checkout)) for name in names)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("checkout") / "ferryman")


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(checkout, tmp_path_factory.mktemp("wheel"), "--wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel and what it asks for, in the tested versions, and no extra."""
    environment = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)], check=True)
    return environment


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(checkout: Path, wheel: Path) -> None:
    ours = {name for name in contents(wheel) if ".dist-info/" not in name}
    assert ours == set(files_of_the_package(checkout))


def test_the_demo_runs_in_an_empty_folder(installed: Path) -> None:
    here = Path.cwd()
    assert list(here.iterdir()) == []
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(installed / "bin" / "ferryman"), "demo"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1,569" in done.stdout + done.stderr


def test_site_packages_get_ferryman_and_nothing_else_of_ours(installed: Path) -> None:
    (site_packages,) = installed.glob("lib/python*/site-packages")
    (record,) = site_packages.glob("ferryman-*.dist-info/RECORD")
    tops = {line.partition("/")[0] for line in record.read_text().splitlines()}
    assert tops == {"ferryman", record.parent.name, ".."}  # `..` leads to the command in bin/
    scripts = {line.partition(",")[0] for line in record.read_text().splitlines() if line.startswith("..")}
    assert scripts == {"../../../bin/ferryman"}
    assert not [name for name in (*LINKED, "tests", "benchmarks") if (site_packages / name).exists()]


def test_a_wheel_built_from_the_source_archive_is_the_same(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    assert contents(built_wheel(checkout, tmp_path)) == contents(wheel)


def test_a_checkout_without_links_does_not_build(tmp_path: Path) -> None:
    checkout = copy_to(tmp_path / "checkout")
    for name in LINKED:
        link = checkout / "ferryman" / name
        link.unlink()
        link.write_text(f"../{name}")  # what git writes where it may not make links
    done = build(checkout, tmp_path / "dist", "--wheel")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert [name for name in LINKED if f"ferryman/{name}" not in said] == []
    assert "should be symbolic links to folders" in said
    assert "core.symlinks true" in said
    assert not list(tmp_path.rglob("*.whl"))
