"""The house itself: links, directions of import, and a gate that really looks."""

import ast
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import ferryman
from tests.checkout import LINKED, ROOT, files, skeleton_in

BIN = Path(sys.executable).parent
STAGES = ("databases", "discover", "prepare", "move", "prove")

#: Beside the standard library, all that the nouns may import.
DOMAIN_MAY_IMPORT = {"pydantic", "yaml", "ferryman"}


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of every absolute import in a file; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def python_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in files(ROOT / folder) if path.suffix == ".py"]


def gate(target: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run one target of the Makefile in another checkout, with the tools installed here."""
    command = ["make", "--no-print-directory", target, f"BIN={BIN}", "DEV="]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", LINKED)
def test_a_folder_of_the_house_is_a_relative_link_in_the_package(name: str) -> None:
    link = ROOT / "ferryman" / name
    assert link.is_symlink()
    assert os.readlink(link) == f"../{name}"
    assert (link / "__init__.py").samefile(ROOT / name / "__init__.py")


def test_the_folders_are_imported_through_the_package_only() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{line}: write ferryman.{name}"
        for path in python_files(*LINKED, "ferryman", "tests", "benchmarks", "examples")
        for line, name in imports_of(path)
        if name.partition(".")[0] in LINKED
    ]
    assert bare == []


def test_a_bare_import_is_seen(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def late():\n    import tools.databases\n    from domain import schema\n")
    assert list(imports_of(planted)) == [(2, "tools.databases"), (3, "domain.schema")]


def test_nothing_in_the_folders_imports_the_package_itself() -> None:
    """`from ferryman import open` reaches every front door at once, and no import contract can say so."""
    upward = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in python_files(*LINKED)
        for line, name in imports_of(path)
        if name.partition(".")[0] == "ferryman" and name.split(".")[1:2] not in [[folder] for folder in LINKED]
    ]
    assert upward == []


def test_the_nouns_need_only_pydantic_yaml_and_the_standard_library() -> None:
    allowed = DOMAIN_MAY_IMPORT | sys.stdlib_module_names
    foreign = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in python_files("domain")
        for line, name in imports_of(path)
        if name.partition(".")[0] not in allowed
    ]
    assert foreign == []


def test_importing_the_package_loads_no_driver_and_no_model_client() -> None:
    """Importing has no side effects, and what costs a second to load waits until it is used."""
    heavy = ("psycopg", "pymysql", "openai")
    code = f"import sys, ferryman; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert list(Path.cwd().iterdir()) == []


def test_the_import_contracts_hold() -> None:
    done = subprocess.run([BIN / "lint-imports", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("domain/planted.py", "import ferryman.tools.databases", "prompts | domain"),
        ("prompts/planted.py", "import ferryman.domain", "prompts | domain"),
        ("tools/planted.py", "import ferryman.agents", "agents | tools"),
        ("agents/planted.py", "import ferryman.tools.databases", "agents | tools"),
        ("agents/planted.py", "import ferryman.graph", "agents | tools"),
        ("graph/planted.py", "import ferryman.cli", "front doors"),
        ("agents/planted.py", "import sqlite3", "agents know no database"),
        ("agents/planted.py", "import sqlalchemy.orm", "agents know no database"),
        ("tools/move/planted.py", "import langgraph.graph", "tools know no graph"),
        ("tools/move/planted.py", "import ferryman.prompts", "tools know no graph"),
        ("tools/discover/planted.py", "import ferryman.tools.move", "its own stage or of an earlier one"),
        ("tools/planted/__init__.py", "import ferryman.domain", "its own stage or of an earlier one"),
        ("ferryman/planted.py", "import ferryman.graph", "front doors"),
    ],
)
def test_an_import_against_the_direction_breaks_a_contract(
    tmp_path: Path, module: str, statement: str, contract: str
) -> None:
    checkout = skeleton_in(tmp_path / "checkout")
    (checkout / "ferryman" / "cli.py").write_text('"""A front door."""\n')
    planted = checkout / module
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(f"{statement}\n")
    done = gate("contracts", checkout)
    assert done.returncode != 0
    broken = [line for line in done.stdout.splitlines() if line.endswith(" BROKEN")]
    assert any(contract in line for line in broken), done.stdout


def test_the_contracts_hold_in_an_empty_house(tmp_path: Path) -> None:
    done = gate("contracts", skeleton_in(tmp_path / "checkout"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_and_mypy_look_into_every_folder(tmp_path: Path) -> None:
    """Both pass over links or name a module twice when they are called in another way than the Makefile's."""
    checkout = skeleton_in(tmp_path / "checkout")
    clean = gate("lint", checkout), gate("types", checkout)
    assert [done.returncode for done in clean] == [0, 0], [done.stdout + done.stderr for done in clean]

    folders = [*LINKED, *(f"tools/{stage}" for stage in STAGES), "ferryman", "tests", "benchmarks", "examples"]
    for folder in folders:
        (checkout / folder / "planted.py").write_text('import os\n\nwrong: int = "planted"\n')
    lint, types = gate("lint", checkout), gate("types", checkout)
    assert lint.returncode != 0
    assert types.returncode != 0
    for folder in folders:
        through_the_link = f"ferryman/{folder}" if folder.partition("/")[0] in LINKED else folder
        assert f"{folder}/planted.py" in lint.stdout
        assert f"{through_the_link}/planted.py:3: error" in types.stdout
    assert types.stdout.count("planted.py:3: error") == len(folders), "a module is known under two names"


def test_an_unformatted_file_is_seen(tmp_path: Path) -> None:
    checkout = skeleton_in(tmp_path / "checkout")
    (checkout / "tools" / "move" / "planted.py").write_text("x = { 'a':1 }\n")
    done = gate("lint", checkout)
    assert done.returncode != 0
    assert "tools/move/planted.py" in done.stdout
    assert "1 file would be reformatted" in done.stdout


def test_the_package_says_the_version_that_it_is_built_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == ferryman.__version__


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    odd = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)]
    assert odd == []


def test_ci_runs_the_test_command_of_the_readme_and_then_the_gate() -> None:
    readme, script = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    assert re.search(r"^make demo$", readme, re.MULTILINE)
    assert re.search(r"^make test$", readme, re.MULTILINE)
    assert script.index("make test") < script.index("make check")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_every_test_that_a_page_names_is_there() -> None:
    tests = {path.name: path for path in python_files("tests")}
    named = re.compile(r"`(?:tests/)?((?:\w+/)*)(test_\w+\.py)?(?:::(test_\w+))?`")
    for page in (ROOT / "docs").rglob("*.md"):
        last = ""
        for folder, file, test in named.findall(page.read_text()):
            last = file or last
            assert not file or str(tests.get(file, "")).endswith(folder + file), f"{page.name}: {folder}{file}"
            assert not test or f"def {test}(" in tests[last].read_text(), f"{page.name}: {last}::{test}"


def test_no_file_names_a_path_of_this_machine_or_the_host_of_a_registry() -> None:
    # Built from halves, so that this file does not find itself.
    machine = [re.escape(f"{place}/") for place in {str(ROOT), os.environ.get("VIRTUAL_ENV", str(ROOT))}]
    machine += [rf"(?<![\w.])/{name}/" for name in ("wo" + "rk", "fa" + "rm", "ro" + "ot", "home/" + "runner")]
    registries = ["py" + "pi.org", "python" + "hosted", "npm" + "js.org", "deb." + "debian.org", "conda." + "anaconda"]
    pattern = re.compile("|".join(machine + registries))
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in files()
        for number, line in enumerate(path.read_text(errors="ignore").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_a_test_reaches_this_machine_and_no_other() -> None:
    with pytest.raises(RuntimeError, match="may not look up"):
        socket.create_connection(("example.org", 80), timeout=1)
    with socket.socket() as client, pytest.raises(RuntimeError, match="may not reach"):
        client.connect(("192.0.2.1", 80))
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("here.sock")
        server.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect("here.sock")
