"""The tables that people speak of: an old one, a new one, or an old one with the new one that it feeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ferryman.agents.context import Context
from ferryman.agents.likeness import alike, core_of, keys
from ferryman.agents.sentence import split_name
from ferryman.agents.vocabulary import key
from ferryman.domain.schema import Database, TableKind

_PREFIX_SHARE = 0.5  #: of a side's tables that must begin with a word before it counts as the application's prefix


@dataclass(frozen=True)
class Known:
    """One thing that a table's name can mean: a legacy table, the target table that it feeds, or both."""

    source: str | None
    target: str | None

    @property
    def label(self) -> str:
        return self.target or self.source or ""


def known_tables(context: Context) -> tuple[Known, ...]:
    """What the plan pairs, then what the findings pair, then every other table of either side."""
    found: dict[Known, None] = {Known(m.source, m.target): None for m in context.mapped}
    targets = {known.target for known in found}
    for finding in context.findings.tables:
        if finding.target_table not in targets:
            found[Known(finding.source_table, finding.target_table)] = None
    for source, target in _namesakes(context, found):
        found[Known(source, target)] = None
    targets, sources = {k.target for k in found}, {k.source for k in found}
    for table in context.target.tables:
        if table.name not in targets and table.kind in (TableKind.DATA, TableKind.FRAMEWORK, TableKind.VIEW):
            found[Known(None, table.name)] = None
    for table in context.source.tables:
        if table.name not in sources and table.kind is not TableKind.LEDGER:
            found[Known(table.name, None)] = None
    return tuple(found)


def _namesakes(context: Context, found: Iterable[Known]) -> Iterable[tuple[str, str]]:
    """Tables of both sides that nothing has paired yet and that are called the same, one of each."""
    taken = {name for known in found for name in (known.source, known.target)}
    cores = [
        {t.name: core_of(keys(split_name(t.name)), prefix(side)) for t in side.data_tables if t.name not in taken}
        for side in (context.source, context.target)
    ]
    for same in (lambda core: key("".join(core)), alike):
        for target, core in list(cores[1].items()):
            fits = [source for source, other in cores[0].items() if same(other) == same(core)]
            rivals = [name for name, other in cores[1].items() if same(other) == same(core)]
            if len(fits) == len(rivals) == 1:
                yield fits[0], target
                del cores[0][fits[0]], cores[1][target]


def prefix(database: Database) -> str:
    """The word that at least half of three tables or more begin with; "" where there is none."""
    names = [split_name(table.name) for table in database.data_tables]
    firsts = Counter(parts[0] for parts in names if len(parts) > 1)
    word, count = firsts.most_common(1)[0] if firsts else ("", 0)
    return key(word) if len(names) >= 3 and count >= _PREFIX_SHARE * len(names) else ""
