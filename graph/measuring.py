"""What the tools measure for a mapping before it is planned: identities, order, counts, batches from a timed probe."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from dataclasses import dataclass, replace

from ferryman.agents.facts import Facts
from ferryman.agents.planning import Measured, types_of
from ferryman.domain.coordination import Request
from ferryman.domain.mapping import IdPolicy, Mapping, namespace_of
from ferryman.domain.plan import Connections, Counts
from ferryman.domain.profile import Profile
from ferryman.domain.references import references_of
from ferryman.graph.context import Context
from ferryman.graph.facts import Analysis, Catalogues
from ferryman.graph.work import all_compiled
from ferryman.tools.discover.profile import with_ranges
from ferryman.tools.move.scope import in_scope
from ferryman.tools.move.straight import way_of
from ferryman.tools.prepare.batching import plan_batches
from ferryman.tools.prepare.order import arrange
from ferryman.tools.prepare.probe import rows_per_second
from ferryman.tools.prepare.suitable import suitable_identity
from ferryman.tools.prepare.transform import CompiledTable


def facts_for_agents(analysis: Analysis, context: Context) -> Facts:
    """Everything that the mapping and planning agents take, identities included."""
    analysis = replace(analysis, source_profile=_remembered(analysis, context))
    return Facts(
        source=analysis.source,
        target=analysis.target,
        source_profile=analysis.source_profile,
        target_profile=analysis.target_profile,
        matches=analysis.matches,
        findings=analysis.findings,
        identities=_identities(analysis),
        namespace=namespace_of(context.source.identity.name),
        time_zone=context.source.time_zone,
        looked=analysis.looked,
        earlier=analysis.earlier,
    )


def _remembered(analysis: Analysis, context: Context) -> Profile:
    """The old database's profile, whose ranges are measured anew where a conversation was taken up: they are values,
    and kept in memory alone."""
    profile = analysis.source_profile
    if profile.has_ranges:
        return profile
    with context.source.connect() as connection:
        ranged = with_ranges(connection, analysis.source, context.source.dialect, profile)
    context.shelf.put(ranged)  # under the same name: what is written of it is the same
    return ranged


def _identities(analysis: Analysis) -> dict[str, IdPolicy | str]:
    return {
        finding.target_table: suitable_identity(
            analysis.source.table(finding.source_table),
            analysis.target.table(finding.target_table),
            analysis.source_profile.by_name.get(finding.source_table),
            finding.target_count,
        )
        for finding in analysis.findings.tables
        if finding.source_table is not None
    }


def measured(
    request: Request, mapping: Mapping, facts: Facts, catalogues: Catalogues, sizes: Lookup[str, int], context: Context
) -> Measured:
    """Phases, counts and batches. `sizes` holds the batch sizes that were asked for, by target table."""
    copied = [table.target for table in mapping.copied]
    order = arrange(copied, types_of(facts), references_of(mapping, catalogues.target), request.tables)
    work = _compiled(mapping, catalogues, context)
    tried = {name: _tried(table, context) for name, table in work.items()}
    counts = counted(tried, work, facts)
    return Measured(
        phases=order.phases,
        counts=counts,
        batches=tuple(plan_batches(c.table, c.in_scope, tried[c.table].rate, sizes.get(c.table)) for c in counts),
        stuck=order.stuck,
        paths={name: way_of(table, context.target.slow_load) for name, table in work.items()},
        sharing=context.options.sharing,
        connections=Connections(source=context.options.connection_names[0], target=context.options.connection_names[1]),
    )


def _compiled(mapping: Mapping, catalogues: Catalogues, context: Context) -> dict[str, CompiledTable]:
    return all_compiled(mapping, catalogues, context.clock())


@dataclass(frozen=True)
class Tried:
    """What one look at a table's rows told."""

    in_scope: int  #: rows
    rate: float | None  #: rows that a copy may be expected to carry in a second; None where there are none


def _tried(table: CompiledTable, context: Context) -> Tried:
    known = context.memory.recall(Tried, table, aside=False)
    if known:
        return known
    tried = Tried(in_scope(context.source, table), rows_per_second(context.source, context.target, table))
    context.memory.keep(tried, table, aside=False)
    return tried


def counted(tried: Lookup[str, Tried], work: Lookup[str, CompiledTable], facts: Facts) -> tuple[Counts, ...]:
    """Rows of every table at this moment: in the source, of these in scope, in the target."""
    return tuple(
        Counts(
            table=name,
            source=facts.source_profile.rows(table.source.name),
            in_scope=tried[name].in_scope,
            target=facts.target_profile.rows(name),
        )
        for name, table in work.items()
    )
