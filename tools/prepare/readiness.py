"""Whether the two databases are fit for the run, whatever their rows: rights, structure, space, and what to mind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from ferryman.domain.errors import Configuration, FerrymanError, NeedsDecision, Transient, Usage
from ferryman.domain.mapping import Derived, Kept, Triggers
from ferryman.domain.schema import Database
from ferryman.domain.transforms import EpochToTimestamp, LocalTime, PythonFunction
from ferryman.domain.zones import local_to_zoned
from ferryman.tools.databases.connect import Source, Target
from ferryman.tools.databases.postgresql_sequences import unmovable
from ferryman.tools.prepare.reach import listed_parents
from ferryman.tools.prepare.transform import CompiledTable

GROWTH = 2  #: a target may need this many times what its rows take in the source: longer ids, indexes, the journal
ROW_BYTES = 1_000  #: what a row takes at most, where the source's file is large for other reasons
_NAMED = 3  #: columns, or tables, that a warning names
SPARE = 10_000_000  #: bytes that stay free in any case

_ASIDE = "CREATE TEMPORARY TABLE ferryman_asks (probe INTEGER)"


def check_rights(target: Target, ledger: Sequence[str], compiled: Mapping[str, CompiledTable] | None = None) -> None:
    """Whether what a run creates can be created, nothing of which stays, and whether the role may write these tables,
    undo that and move their sequences. `ledger` creates the ledger's tables.

    Raises Configuration with every right that is missing, Transient where another program holds the lock.
    """
    found = [*_creating(target, ledger), *_tables(target, compiled or {}), *_sequences(target, compiled or {})]
    if found:
        raise Configuration(
            " ".join(one.what for one in found), f"{'; '.join(one.do for one in found)}; or give another role."
        )


def _creating(target: Target, ledger: Sequence[str]) -> Iterator[Configuration]:
    if target.dialect.name != "sqlite":  # keys are looked up by temporary tables there
        yield from _rehearsed(target, [_ASIDE], "Temporary tables", temporary=True)
    yield from _rehearsed(target, ledger, "The ledger's tables", temporary=False)


def _rehearsed(target: Target, statements: Sequence[str], what: str, *, temporary: bool) -> Iterator[Configuration]:
    try:
        with target.connect("trying it out") as connection:
            for statement in statements:
                target.dialect.rehearse(connection, statement)
            connection.rollback()
    except Transient:
        raise
    except FerrymanError as error:
        do = error.do.rstrip(".")
        if "a right is missing" in error.what:
            with target.connect("asking for rights") as connection:
                do = target.dialect.grant_to_create(connection, temporary=temporary) or do
        script = "" if temporary else ", or have a DBA run the script of `ferryman ledger ddl`"
        yield Configuration(f"{what} cannot be created in the new database. {error.what}", f"{do}{script}")


def _tables(target: Target, compiled: Mapping[str, CompiledTable]) -> Iterator[Configuration]:
    lacking: dict[str, str] = {}
    reading = target.dialect.name == "sqlite"  # MariaDB prepares no INSERT in a transaction that only reads
    with target.connect("asking for rights over tables", reading=reading) as connection:
        for name, table in compiled.items():
            columns = tuple(dict.fromkeys((*table.target.primary_key, *table.writes)))
            if columns and (grant := target.dialect.lacks(connection, name, columns)):
                lacking[name] = grant
    if lacking:
        yield Configuration(
            f"The new database's role lacks rights over {', '.join(lacking)}: a run and its undoing take them.",
            "; ".join(lacking.values()),
        )


def _sequences(target: Target, compiled: Mapping[str, CompiledTable]) -> Iterator[Configuration]:
    """Sequences that could not be moved past the keys that a run gives."""
    if target.dialect.name != "postgresql":
        return
    with target.connect("asking for rights over sequences", reading=True) as connection:
        for name, table in compiled.items():
            if found := unmovable(connection, table.target):
                sequence, role = found
                yield Configuration(
                    f"The sequence {sequence} of {name} could not be moved past the keys of the rows that come.",
                    f"GRANT SELECT, UPDATE ON SEQUENCE {sequence} TO {role}",
                )


def check_structure(source_db: Database, target_db: Database, compiled: Mapping[str, CompiledTable]) -> None:
    """Whether the plan fits both catalogues and writes what can be written. Raises NeedsDecision or Usage."""
    for table in compiled.values():
        for side, catalogue, known in (("old", source_db, table.source), ("new", target_db, table.target)):
            if catalogue.by_name.get(known.name) != known:
                raise NeedsDecision(
                    f"The table {known.name} of the {side} database is not as it was when the plan was made.",
                    "Analyse both databases again and plan anew.",
                    table=table.target.name,
                )
        _check_listed(table)
        for name in table.writes:
            if table.target.column(name).generated:
                raise Usage(
                    f"{table.target.name}.{name} is computed by the new database and cannot be written.",
                    f"Leave {name} unmapped.",
                    table=table.target.name,
                )


def _check_listed(table: CompiledTable) -> None:
    """Ids beside a type and in lists that a function of the plan gives: nothing can fetch those parents' keys from a
    server for it, so they have to be computed."""
    if table.target_database.dialect == "sqlite":
        return
    for column in (column for column in table.mapping.columns if column.uses(PythonFunction)):
        for parent in (name for step in column.steps for name in listed_parents(step)):
            if not isinstance(table.plan.by_target[parent].identity, Kept | Derived):
                raise Usage(
                    f"{table.target.name}.{column.target} names rows of {parent} after a function of the plan, and "
                    f"the new keys of {parent} are not computed from the old ones.",
                    f"Let {parent} have derived or kept keys, or leave {column.target} unmapped.",
                    table=table.target.name,
                )


def warnings(
    source: Source, target: Target, target_db: Database, compiled: Mapping[str, CompiledTable], rows: int | None
) -> tuple[str, ...]:
    """What a person should know before saying yes. `rows` is how many will be written, None where nobody counted."""
    return (
        *source.cautions,
        *_triggers(target_db, compiled),
        *_hidden_triggers(target),
        *_zones(source, compiled),
        *_snapshot(source, compiled),
        *_space(source, target, rows),
        *_slow_load(target),
    )


def _slow_load(target: Target) -> Iterator[str]:
    if target.slow_load:
        yield f"Rows go into {target.identity.name} slower than they could: {target.slow_load}."


def check_triggers(target: Target, compiled: Mapping[str, CompiledTable]) -> None:
    """Whether the triggers that the plan sets aside can be. Raises Configuration with the reason and the way out."""
    wanted = [name for name, table in compiled.items() if table.mapping.triggers is Triggers.ASIDE]
    for name in wanted:
        with target.connect(f"asking for rights over {name}", reading=True) as connection:
            why = target.dialect.triggers.why_not(connection, name)
        if why and compiled[name].target.triggers:
            raise Configuration(
                f"The triggers of {name} cannot be set aside: {why}.",
                f"Give another role for the new database, or let them fire (triggers:{name}=fire).",
                table=name,
            )


def _triggers(target_db: Database, compiled: Mapping[str, CompiledTable]) -> Iterator[str]:
    for name, table in compiled.items():
        for trigger in target_db.table(name).triggers:
            if table.mapping.triggers is Triggers.ASIDE:
                yield (
                    f"The trigger {trigger.name} of {name} is set aside while rows are moved into it or undone, and "
                    "put back as it was. Meanwhile it does not run for what others write there either."
                )
            else:
                yield (
                    f"{name} has the trigger {trigger.name} in the new database: it runs for every row that is "
                    "written, and what it changes of them is a difference that stops a batch, or that validation finds."
                )


def _hidden_triggers(target: Target) -> Iterator[str]:
    with target.connect("looking for triggers", reading=True) as connection:
        why = target.dialect.triggers.hidden(connection)
    if why:
        yield (
            f"Whether the tables of {target.identity.name} have triggers is not known: {why}. They would run for every "
            "row that is written. Grant the right, and plan anew."
        )


def _zones(source: Source, compiled: Mapping[str, CompiledTable]) -> Iterator[str]:
    """Moments that name no zone and become moments of one, where no step says what they are."""
    found = [
        f"{name}.{column.target}"
        for name, table in compiled.items()
        for column in table.mapping.columns
        for ours in (table.source.by_name.get(one) for one in column.source)
        if ours is not None
        and not column.uses(LocalTime, EpochToTimestamp, PythonFunction)
        and local_to_zoned(ours, source.dialect.name, table.target.column(column.target), table.target_database.dialect)
    ]
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        yield (
            f"The old database names no time zone for {', '.join(found[:_NAMED])}{more}, which are moments of one in "
            "the new: they are read as UTC. Where the old application's clock showed another, say so in the old "
            "database's URL (?time_zone=Europe/Berlin) and plan anew."
        )


def _snapshot(source: Source, compiled: Mapping[str, CompiledTable]) -> Iterator[str]:
    if source.dialect.name != "sqlite":
        yield from _unsteady(source, {table.source.name for table in compiled.values()})
        return
    yield (
        f"SQLite keeps no snapshot from batch to batch: nobody should write to {source.identity.name} during the run. "
        "What changes all the same is found and reported at the end."
    )
    with source.connect("asking for the journal mode") as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    if mode == "wal":
        yield (
            f"{source.identity.name} is in WAL mode: its application may be writing to it at this moment, and rows may "
            "stand in the -wal file beside it. Move or copy the two files together."
        )


def _unsteady(source: Source, tables: set[str]) -> Iterator[str]:
    with source.connect("asking for the storage engines") as connection:
        found = source.dialect.unsteady(connection)
    concerned = sorted(tables & found.keys())
    if concerned:
        more = f" and {len(concerned) - _NAMED} more" if len(concerned) > _NAMED else ""
        engines = " and ".join(sorted({found[name] for name in concerned}))
        yield (
            f"No snapshot holds the rows of {', '.join(concerned[:_NAMED])}{more} still (storage engine {engines}): "
            f"nobody should write to {source.identity.name} during the run, and who does may have to wait. What "
            "changes all the same is found and reported at the end."
        )


def _space(source: Source, target: Target, rows: int | None) -> Iterator[str]:
    if target.dialect.name != "sqlite" or source.dialect.name != "sqlite":
        return
    with source.connect("measuring the old database") as connection:
        held = _bytes(connection)
    needed = GROWTH * (held if rows is None else min(held, rows * ROW_BYTES)) + SPARE
    free = shutil.disk_usage(Path(target.engine.url.database or ".").resolve().parent).free
    if free < needed:
        yield (
            f"The disk of {target.identity.name} may be too small: up to {megabytes(needed)} are needed and "
            f"{megabytes(free)} are free. A full disk loses nothing: the run stops after its last whole batch."
        )


def _bytes(connection: Connection) -> int:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
    return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0)


def megabytes(count: int) -> str:
    """ "1,234 MB"."""
    return f"{max(1, round(count / 1e6)):,} MB"
