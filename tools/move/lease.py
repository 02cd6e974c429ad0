"""Who may write a target: one run, held by one process, for as long as it renews what it holds.

The lease is a few columns of the run's row. Renewing it is part of every batch's transaction, so a process that has
lost it cannot commit. `standing` decides; the statements are in `ledger.py`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

LEASE = timedelta(seconds=120)  #: how long a lease holds without being renewed


@dataclass(frozen=True)
class Holder:
    """A process that holds a lease, or wants to."""

    owner: str  #: a random token; one per session
    host: str  #: a digest of what tells machines (and containers) apart
    pid: int
    process: str  #: when the process began; empty where the system does not tell


@dataclass(frozen=True)
class Lease:
    """A lease as the ledger has it."""

    run: str
    holder: Holder
    until: datetime


class Standing(StrEnum):
    """What a lease means to somebody who wants to work."""

    OURS = "ours"
    LIVE = "live"  #: its process is there, or may be
    DEAD = "dead"  #: its process is gone, or its time is up


def standing(lease: Lease, me: Holder, now: datetime, began: str | None) -> Standing:
    """What a lease means to `me`. `began` is when the process of that pid began on this machine, None: there is none.

    A process of this machine loses its lease when it is gone, at once, and not before: it may prove a large table, or
    sleep, for longer than a lease lasts. Of another machine's process nothing is seen, so there the time decides.
    """
    if lease.holder.owner == me.owner:
        return Standing.OURS
    if lease.holder.host == me.host and (began is None or began != lease.holder.process):
        return Standing.DEAD
    if lease.holder.host == me.host and began:
        return Standing.LIVE
    return Standing.LIVE if now < lease.until else Standing.DEAD


def this_process(owner: str = "") -> Holder:
    """This process as a holder; `owner` tells sessions of one process apart."""
    pid = os.getpid()
    return Holder(owner or secrets.token_hex(16), host_digest(), pid, process_began(pid) or "")


def this_session() -> Holder:
    """The holder that every part of this process is, unless it says otherwise. A forked child is another."""
    return _session(os.getpid())


@cache
def _session(pid: int) -> Holder:
    return this_process()


def process_began(pid: int) -> str | None:
    """When the process of that pid began, in a form that compares; None when there is no such process.

    "" where the system has no /proc: there a pid that came round again is taken for the old process.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _alive(pid)
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # after the command, which may hold blanks
    return None if fields[0] in ("Z", "X") else fields[19]


def _alive(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


@cache
def host_digest() -> str:
    """16 hex digits for this machine since its last start, and for the namespace in which pids count."""
    parts = [socket.gethostname()]
    for path in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        try:
            parts.append(os.readlink(path) if "/ns/" in path else Path(path).read_text())
        except OSError:
            parts.append("")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
