"""What holds for every test: no network but this machine, no setting of the person who runs it, a folder of its own."""

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The suite starts hundreds of processes: one that finds nothing compiled spends a third of its start on compiling.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["LANGSMITH_TRACING"] = "false"
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"  # read when langgraph is imported, so before any import of it

import pytest

from ferryman.commands.edge import collect_less

pytest_plugins = ["tests.own_mariadb", "tests.servers"]

#: Names of settings that a person may have set and no test may see.
PERSONAL = ("FERRYMAN_", "OPENAI_", "LANGCHAIN_", "LANGSMITH_API")


class NetworkIsBlocked(RuntimeError):
    """A test reached for another machine. Not an OSError: nothing may take it for a hiccup and try again."""


def is_this_machine(host: object) -> bool:
    """Whether `host`, a name or a literal address as sockets take it, stays on this machine."""
    if isinstance(host, bytes):
        host = host.decode()
    if host is None or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_other_machines(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook: sees the sockets of every thread and library that goes through Python's `socket`."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        # A str or bytes is the path of a unix socket; a connected socket sends to None.
        if isinstance(address, tuple) and not is_this_machine(address[0]):
            raise NetworkIsBlocked(f"a test may not reach {address[0]!r}")
    elif event == "socket.getaddrinfo" and not is_this_machine(args[0]):
        raise NetworkIsBlocked(f"a test may not look up {args[0]!r}")


def pytest_configure(config: pytest.Config) -> None:
    collect_less()  # as the command does: most tests call it in this process
    for name in ("COLUMNS", "LINES"):  # pytest-xdist's workers have them, and a child would fold its lines by them
        os.environ.pop(name, None)
    if (config.getoption("--record-mode") or "none") == "none":
        sys.addaudithook(refuse_other_machines)


def pytest_xdist_auto_num_workers() -> int:
    """Three workers for two cores: for a third of its time and more a test waits for a server or another process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores * 3 // 2


@pytest.fixture(autouse=True)
def a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test starts in an empty folder, with an empty home, and without the settings of who runs it."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    for name in [name for name in os.environ if name.startswith(PERSONAL)]:
        monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    yield
