"""What preflight found, as questions: one for each class of rows that would fail and that nobody has decided on."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Lookup
from dataclasses import dataclass

from ferryman.agents.cascades import policy_of
from ferryman.agents.column_questions import FORMAT, PARENT, PARTS
from ferryman.agents.flag_questions import UNFED
from ferryman.agents.link_questions import LINK
from ferryman.agents.stake import undoes_filter
from ferryman.agents.table_questions import ADD, FOUND_THERE, PRESENT
from ferryman.agents.value_questions import VALUES
from ferryman.agents.wording import count, listed
from ferryman.domain.allowed_values import allowed_words
from ferryman.domain.changes import (
    EMPTY,
    Change,
    Include,
    LeaveOut,
    MapColumn,
    MigrateParents,
    Option,
    Question,
    SetConflict,
    SetIdentity,
    SetPolicy,
)
from ferryman.domain.findings import OUT_OF_REACH, MissingCause
from ferryman.domain.mapping import (
    Action,
    Conflict,
    Generated,
    KeyPair,
    Mapping,
    Matched,
    Policy,
    Problem,
    Strategy,
    TableMapping,
)
from ferryman.domain.never import NEVER
from ferryman.domain.plan import Plan, Preflight, ProblemFound
from ferryman.domain.profile import Profile
from ferryman.domain.references import meant, references_of
from ferryman.domain.schema import Database, Family
from ferryman.domain.transforms import (
    Cast,
    EpochToTimestamp,
    ForeignKeyTo,
    LocalTime,
    RemapIds,
    Rename,
    Split,
    ValueMap,
    ValuePair,
)

#: An option's key, as a person types it, in the order they are offered.
KEYS: dict[Strategy, str] = {
    Strategy.MIGRATE_PARENTS: "take",
    Strategy.PLACEHOLDERS: "placeholders",
    Strategy.SET_NULL: EMPTY,
    Strategy.TRUNCATE: "shorten",
    Strategy.QUARANTINE: "quarantine",
}
KEEP = "keep"
MERGE = "merge"
RENUMBER = "renumber"
FIRST = "first"
INCLUDE = "include"
LEAVE = "leave"
DAY = "day"
WITHOUT = "without"
NEVER_EMPTY = "none"

#: What is recommended for missing parents, best first. All other rows that cannot go as they are rest in quarantine.
BEST_FOR_ORPHANS = (Strategy.MIGRATE_PARENTS, Strategy.SET_NULL, Strategy.QUARANTINE)

#: What one and the same step makes of every value: where most rows fail by it, the step is wrong, and not the rows.
_OF_A_STEP = (Problem.UNCASTABLE, Problem.OUT_OF_RANGE, Problem.UNMAPPED_VALUE, Problem.CHECK_FAILED)
_FEW = 10  #: rows of a table that say nothing about a step


@dataclass(frozen=True)
class Along:
    """What is set aside with rows, as it hangs on them; `shared`: or on others that are set aside as well."""

    rows: tuple[ProblemFound, ...]
    shared: bool


_REASONS: dict[str, str] = {
    "take": "It is the safest: nothing is lost and every connection stays as it was.",
    "placeholders": "It is what was decided before for the same cause.",
    EMPTY: "The rows arrive, and what they referred to is not there to be lost.",
    "shorten": "It is what was decided before for the same cause.",
    "quarantine": "Nothing is lost or changed: the rows are kept aside with the reason, to be mended later.",
    "day": "The new column holds days, and every row arrives.",
    "include": "It is the safest: nothing is lost and every connection stays as it was.",
    WITHOUT: "Every row arrives, with every id that leads somewhere.",
    NEVER_EMPTY: "A zero date says that there is none. What else does not fit is asked about by itself.",
    FIRST: "An hour is at stake at most, and every row comes.",
    RENUMBER: "Every row arrives, and none is taken for another.",
    "keep": "What is in the new system already is not touched.",
    "leave": "Nothing else can be done about it.",
}


def questions(
    preflight: Preflight,
    plan: Plan,
    source: Database,
    target: Database,
    below: Lookup[str, tuple[ProblemFound, ...]] | None = None,
    profile: Profile | None = None,
) -> tuple[Question, ...]:
    """One question for each class of problems without a decision that covers it, in preflight's order. `below`: by its
    id, what hangs on a class that is set aside (see `cascades`), and goes with it. `profile`: of the old database: rows
    in which a column is empty say nothing about what its values want.

    A class that outgrew the count its policy was decided on is asked again, with what was decided then recommended.
    While it is open what fills a column, or how a row of a table that is there is found, nothing is asked about what
    hangs on that. Counts and names only.
    """
    unfilled = {question.id for question in plan.open_questions}
    asked = [
        (problem, _with_values(problem, preflight, plan, profile or Profile()))
        for problem in preflight.problems
        if not problem.decided and unfilled.isdisjoint(_hangs_on(problem, plan.mapping, target))
    ]
    offered = {
        problem.id: (
            *_of_its_own(problem, plan, source, target),
            *_without_strangers(
                options_for(problem, _against_filter(problem, plan, target), _along(problem, preflight, below or {})),
                problem,
                plan,
                target,
            ),
        )
        for problem, _ in asked
    }
    return tuple(
        _question(
            problem,
            before := _decided_before(problem, plan),
            offered[problem.id],
            recommend(
                problem,
                _in_keeping(offered[problem.id], problem, before, plan, target),
                before,
                named=_names_rows(problem, plan.mapping),
            ),
            _misread(problem, plan, rows, target),
            worthless=problem.rows >= rows,
        )
        for problem, rows in asked
    )


def _hangs_on(problem: ProblemFound, mapping: Mapping, target: Database) -> set[str]:
    """The ids of questions that have to be answered first."""
    kinds = (PARENT, UNFED, VALUES, FORMAT, PARTS, LINK)
    filling = {f"{what}:{problem.table}.{column}" for what in kinds for column in problem.columns}
    parent = _parent(problem, mapping, target)
    found = {f"{FOUND_THERE}:{parent.target}"} if parent else set()
    met = {f"{PRESENT}:{problem.table}"} if problem.problem == Problem.CONFLICT else set()
    return filling | found | met


def _names_rows(problem: ProblemFound, mapping: Mapping) -> bool:
    line = mapping.by_target[problem.table].by_target.get(problem.columns[0]) if problem.columns else None
    return line is not None and line.uses(ForeignKeyTo)


def _decided_before(problem: ProblemFound, plan: Plan) -> Policy | None:
    table = plan.mapping.by_target.get(problem.table)
    for policy in table.policies if table else ():
        if (policy.problem, policy.columns, policy.cause or "") == (problem.problem, problem.columns, problem.cause):
            return policy
    return None


def _of_its_own(problem: ProblemFound, plan: Plan, source: Database, target: Database) -> Iterator[Option]:
    """What can be done about a class of problems by changing the table's mapping."""
    if day_only := _day_only(problem, plan, source, target):
        yield day_only
    if emptied := _never_emptied(problem, plan.mapping):
        yield emptied
    yield from _doubtful(problem, plan)
    if without := _without(problem, plan.mapping):
        yield without
    if merged := _merged(problem, plan.mapping.by_target.get(problem.table), target):
        yield merged
    if numbered := _numbered_anew(problem, plan.mapping, target):
        yield numbered
    if listed := _listed_along(problem, plan.mapping):
        yield listed
    if included := _included(problem, plan.mapping, target):
        yield included


def _without(problem: ProblemFound, mapping: Mapping) -> Option | None:
    """Lists without the ids that lead nowhere: also of rows that arrive later, for it is a step that drops them."""
    if problem.problem != Problem.MISSING_PARENT or problem.cause:
        return None
    column = mapping.by_target[problem.table].by_target[problem.columns[0]]
    if not column.uses(RemapIds):
        return None
    steps = tuple(step.but(missing="drop") if isinstance(step, RemapIds) else step for step in column.steps)
    change = MapColumn(table=problem.table, source=column.source, target=column.target, steps=steps)
    text = f"Drop from {column.target} every id that leads nowhere, and move the rows"
    return Option(key=WITHOUT, text=text, changes=(change,))


def _never_emptied(problem: ProblemFound, mapping: Mapping) -> Option | None:
    """Zero dates left empty, beside values that are no moment either. Where there are none beside them, or the column
    must be filled, the options of every value do."""
    if not 0 < problem.never < problem.rows or Strategy.SET_NULL not in problem.applicable:
        return None
    column = mapping.by_target[problem.table].by_target[problem.columns[0]]
    steps = tuple(step for step in column.steps if not isinstance(step, Rename))
    none = ValueMap(pairs=tuple(ValuePair(old=old, new=None) for old in NEVER), otherwise="keep")
    change = MapColumn(table=problem.table, source=column.source, target=column.target, steps=(none, *steps))
    text = f"Leave {column.target} empty where there is a zero date, in {count(problem.never, 'row')}"
    return Option(key=NEVER_EMPTY, text=text, changes=(change,))


def _listed_along(problem: ProblemFound, mapping: Mapping) -> Option | None:
    """The rows that lists name and that only the plan leaves out; ids of others that lead nowhere are dropped then."""
    tables = mapping.by_target
    left_out = [g for g in problem.lost if g.cause not in OUT_OF_REACH and tables[g.parent].action is Action.COPY]
    if not left_out:
        return None
    named = " and ".join(dict.fromkeys(group.parent for group in left_out))
    count, kind = sum(group.parents for group in left_out), Problem.MISSING_PARENT
    policy = Policy(problem=kind, columns=problem.columns, strategy=Strategy.MIGRATE_PARENTS, rows=problem.rows)
    changes: tuple[Change, ...] = (SetPolicy(table=problem.table, policy=policy),)
    text = f"Take {f'the {count:,} rows' if count != 1 else 'the row'} of {named} along that the plan leaves out"
    if len(left_out) < len(problem.lost) and (without := _without(problem, mapping)):
        text, changes = f"{text}, and drop every other id that leads nowhere", (*changes, *without.changes)
    return Option(key=KEYS[Strategy.MIGRATE_PARENTS], text=text, changes=changes)


def _included(problem: ProblemFound, mapping: Mapping, target: Database) -> Option | None:
    """The whole table of the missing parents, where the old database has them and the plan only refers to it."""
    if problem.problem != Problem.MISSING_PARENT or problem.cause == MissingCause.NEVER_EXISTED:
        return None
    listed = next((g.parent for g in problem.lost if g.cause is not MissingCause.NEVER_EXISTED), "")
    parent = _parent(problem, mapping, target) if problem.cause else mapping.by_target.get(listed)
    if parent is None or parent.action is not Action.REFER or parent in mapping.further:
        return None
    return Option(
        key=INCLUDE,
        text=f"Move {parent.target} as well, which this plan only refers to, with what it refers to itself",
        changes=(Include(table=parent.target),),
    )


def _parent(problem: ProblemFound, mapping: Mapping, target: Database) -> TableMapping | None:
    """The table that the rows refer to in vain."""
    of_table = (r for r in references_of(mapping, target) if r.child == problem.table)
    named = next((r.parent for r in of_table if set(r.columns) == set(problem.columns)), "")
    return meant(mapping, mapping.by_target[problem.table], problem.columns, named)


def _against_filter(problem: ProblemFound, plan: Plan, target: Database) -> str:
    """What taking the parents along does to the filter that leaves them out; "" where none does."""
    parent = _parent(problem, plan.mapping, target) if problem.cause == MissingCause.FILTERED_OUT else None
    counts = plan.counts_by_table.get(parent.target) if parent and parent.filter else None
    if parent is None or counts is None:
        return ""
    rows = counts.in_scope + problem.parents
    return f"against the filter on {parent.target}: {rows:,} of its rows go instead of {counts.in_scope:,}"


def _merged(problem: ProblemFound, table: TableMapping | None, target: Database) -> Option | None:
    """One row for all that have the same values: offered where these are copied as they are from columns of its own.
    What is unique in lower case, say, is not the same: rows are found by what they hold."""
    if problem.problem != Problem.DUPLICATE or table is None or isinstance(table.identity, Matched):
        return None
    theirs = target.table(problem.table)
    if all(set(problem.columns) != set(names) for names in (theirs.primary_key, *theirs.uniques)):
        return None
    pairs: list[KeyPair] = []
    for name in problem.columns:
        column = table.by_target.get(name)
        if column is None or len(column.source) != 1 or not all(isinstance(step, Rename) for step in column.steps):
            return None
        pairs.append(KeyPair(source=column.source[0], target=name))
    columns = " and ".join(problem.columns)
    return Option(
        key=MERGE,
        text=f"Make one row of those with the same {columns}: the first stays, what refers to the others refers to it",
        changes=(
            SetIdentity(table=problem.table, identity=Matched(on=tuple(pairs), otherwise=table.identity)),
            SetConflict(table=problem.table, conflict=Conflict.KEEP),
        ),
    )


def _numbered_anew(problem: ProblemFound, mapping: Mapping, target: Database) -> Option | None:
    """New numbers for rows whose own are those of others: set aside, they would leave their references to these."""
    identity = mapping.by_target[problem.table].identity
    if problem.problem != Problem.KEY_TAKEN or not isinstance(identity, Matched):
        return None
    if not all(target.table(problem.table).column(name).autoincrement for name in problem.columns):
        return None
    return Option(
        key=RENUMBER,
        text="Give the rows that are not there yet new numbers; what refers to them follows",
        changes=(SetIdentity(table=problem.table, identity=identity.but(otherwise=Generated())),),
    )


def _question(
    problem: ProblemFound,
    before: Policy | None,
    options: tuple[Option, ...],
    recommended: str,
    misread: str,
    *,
    worthless: bool = False,
) -> Question:
    """`misread`: why nothing is recommended that keeps most of the table's rows back; "" where it can be. `worthless`:
    not one value of the column fits: where it may be empty, that is what loses least."""
    if misread and not before and recommended in (KEYS[Strategy.QUARANTINE], LEAVE):
        empty = KEYS[Strategy.SET_NULL]
        recommended = empty if worthless and any(option.key == empty for option in options) else ""
    told = f" When this was decided, {_concerned(before.rows)} concerned." if before else ""
    return Question(
        id=problem.id,
        table=problem.table,
        text=f"{problem.text}{told} What shall become of {_them(problem)}?",
        options=options,
        recommended=recommended,
        reason=_reason(recommended, problem, misread),
    )


def _reason(recommended: str, problem: ProblemFound, misread: str) -> str:
    if recommended == EMPTY and problem.never == problem.rows:
        return "A zero date says that there is none: every row arrives, and nothing is lost."
    if recommended == EMPTY and misread:
        return f"No value fits {' and '.join(problem.columns)}, which may want another column. So every row arrives."
    if recommended == EMPTY and problem.cause == MissingCause.SET_ASIDE:
        return "Every row arrives, and refers to them again when they come out of quarantine."
    if recommended == WITHOUT and any(group.cause is MissingCause.SET_ASIDE for group in problem.lost):
        return f"{_REASONS[WITHOUT]} Those of rows that are set aside do not come back into it with these."
    if recommended == KEYS[Strategy.QUARANTINE] and _is_filtered_out(problem):
        return "What they refer to is left out on purpose; they are kept aside, and can still come in later."
    return _REASONS[recommended] if recommended else misread


def _in_keeping(
    options: tuple[Option, ...], problem: ProblemFound, before: Policy | None, plan: Plan, target: Database
) -> tuple[Option, ...]:
    """The options that do not go against what was said before: a table that is to be left out stays so, rows that are
    to be added beside those there are none of them, and no more than a few rows that a filter leaves out come along."""
    against = {Include(table=table) for table in plan.request.leave_out}
    out = {KEEP} if _beside(problem, plan) else set[str]()
    if _undoes_a_filter(problem, plan, target) and not (before and before.strategy is Strategy.MIGRATE_PARENTS):
        out.add(KEYS[Strategy.MIGRATE_PARENTS])
    return tuple(option for option in options if against.isdisjoint(option.changes) and option.key not in out)


def _undoes_a_filter(problem: ProblemFound, plan: Plan, target: Database) -> bool:
    if problem.cause == MissingCause.FILTERED_OUT:
        return undoes_filter(plan, _parent(problem, plan.mapping, target), problem.parents)
    left_out = (group for group in problem.lost if group.cause is MissingCause.FILTERED_OUT)
    return any(undoes_filter(plan, plan.mapping.by_target.get(g.parent), g.parents) for g in left_out)


def _is_filtered_out(problem: ProblemFound) -> bool:
    """Whether what rows refer to is left out by a filter."""
    causes = {problem.cause, *(group.cause for group in problem.lost)}
    return MissingCause.FILTERED_OUT in causes


def _beside(problem: ProblemFound, plan: Plan) -> bool:
    """Whether a person said that a table's rows are others than those that are there."""
    return any(q.id == f"{PRESENT}:{problem.table}" and q.answer == ADD for q in plan.questions)


def _without_strangers(
    options: tuple[Option, ...], problem: ProblemFound, plan: Plan, target: Database
) -> tuple[Option, ...]:
    """Rows whose key a stranger has are not set aside where others refer to them: these would refer to the stranger."""
    referred = any(r.parent == problem.table for r in references_of(plan.mapping, target))
    if problem.problem != Problem.CONFLICT or not referred or not _beside(problem, plan):
        return options
    return tuple(option for option in options if option.key != KEYS[Strategy.QUARANTINE])


def _with_values(problem: ProblemFound, preflight: Preflight, plan: Plan, profile: Profile) -> int:
    """The rows in scope, at most, that have a value where one does not fit."""
    rows, table = preflight.tables.get(problem.table, 0), plan.mapping.by_target[problem.table]
    found = profile.by_name.get(table.source)
    for name in problem.columns:
        line = table.by_target.get(name)
        known = found.by_name.get(line.source[0]) if found and line and len(line.source) == 1 else None
        if found and known:
            rows = min(rows, found.rows - known.nulls - known.empty)
    return rows


def _misread(problem: ProblemFound, plan: Plan, rows: int, target: Database) -> str:
    """What the person may say where most values of a column, of `rows` that have one, fail by one and the same step."""
    if problem.problem not in _OF_A_STEP or rows < _FEW or (problem.rows - problem.never) * 2 <= rows - problem.never:
        return ""
    wanting = " and ".join(problem.columns)
    wrong = f"Most values for {wanting} of {problem.table} fail: it may want another step or column."
    for name in problem.columns:
        line = plan.mapping.by_target[problem.table].by_target.get(name)
        allowed = allowed_words(target.table(problem.table), target.table(problem.table).column(name))
        if allowed and line and len(line.source) == 1:
            old = line.source[0]
            return f'{wrong} "Which values does {old} hold?" shows them; say for example "X means {allowed[0]}".'
    return wrong


def _day_only(problem: ProblemFound, plan: Plan, source: Database, target: Database) -> Option | None:
    """For moments that are to fill a column of days: the day alone. What is no moment at all is asked about again."""
    if problem.problem != Problem.UNCASTABLE or len(problem.columns) != 1:
        return None
    table, name = plan.mapping.by_target[problem.table], problem.columns[0]
    column = table.by_target[name]
    if target.table(table.target).column(name).family is not Family.DATE or len(column.source) != 1:
        return None
    old = source.table(table.source).by_name.get(column.source[0])
    if column.uses(Split) or not (column.uses(EpochToTimestamp) or (old and old.family is Family.TIMESTAMP)):
        return None
    steps = tuple(step for step in column.steps if not isinstance(step, Rename))
    moment = () if column.uses(EpochToTimestamp) else (Cast(to="timestamp"),)
    day = (*steps, *moment, Cast(to="text"), Split(separator=" ", part=1))
    change = MapColumn(table=table.target, source=column.source, target=name, steps=day)
    text = f"Keep only the day in {name}; the time of day is lost"
    return Option(key=DAY, text=text, changes=(change,))


def _doubtful(problem: ProblemFound, plan: Plan) -> Iterator[Option]:
    """For what a clock showed twice or never. What is no moment at all is asked about again."""
    column = plan.mapping.by_target[problem.table].by_target.get(problem.columns[0]) if problem.columns else None
    if problem.problem != Problem.UNCASTABLE or column is None:
        return
    for step in column.steps:
        if not isinstance(step, LocalTime) or step.doubtful != "stop":
            continue
        for which in (FIRST, "second"):
            steps = tuple(step.but(doubtful=which) if one == step else one for one in column.steps)
            change = MapColumn(table=problem.table, source=column.source, target=column.target, steps=steps)
            yield Option(
                key=which,
                text=f"Where a clock of {step.zone} showed a time twice, take the {which}; a time that it never showed "
                "goes on by what it was set forward",
                changes=(change,),
            )


def options_for(problem: ProblemFound, against: str = "", along: Along | None = None) -> tuple[Option, ...]:
    """What can be done about a class of problems: what applies to it, and always to leave the table out.

    `against`: what taking parents along does to a filter. `along`: what is set aside with it.
    """
    offered = [
        Option(key=key, text=_text(problem, strategy, against), changes=(_change(problem, strategy),))
        for strategy, key in KEYS.items()
        if strategy in problem.applicable
    ]
    if along:
        offered = [
            _with_those(option, along) if option.key == KEYS[Strategy.QUARANTINE] else option for option in offered
        ]
    if problem.problem == Problem.CONFLICT:
        keep = SetConflict(table=problem.table, conflict=Conflict.KEEP)
        offered.insert(0, Option(key=KEEP, text="Keep the rows of the new system as they are", changes=(keep,)))
    leave = Option(key=LEAVE, text=f"Leave {problem.table} out", changes=(LeaveOut(table=problem.table),))
    return (*offered, leave)


def _along(problem: ProblemFound, found: Preflight, below: Lookup[str, tuple[ProblemFound, ...]]) -> Along | None:
    mine = below.get(problem.id, ())
    others = {one.id for name, rows in below.items() if name != problem.id for one in rows}
    shared = {one.id for one in mine} & (others | {one.id for one in found.problems})
    return Along(mine, bool(shared)) if mine else None


def _with_those(option: Option, along: Along) -> Option:
    """To set rows aside with what hangs on them."""
    tables = dict.fromkeys(one.table for one in along.rows)
    rows = {table: sum(one.rows for one in along.rows if one.table == table) for table in tables}
    hanging = listed([f"{count(number, 'row')} of {table}" for table, number in rows.items()])
    told = f"{hanging} that hang on them"
    if along.shared:
        told = f"what hangs on these and on others that are set aside ({hanging} in all)"
    changes = tuple(SetPolicy(table=one.table, policy=policy_of(one)) for one in along.rows)
    return option.but(text=f"{option.text}, with {told}", changes=(*option.changes, *changes))


def recommend(
    problem: ProblemFound, options: tuple[Option, ...], before: Policy | None = None, *, named: bool = False
) -> str:
    """The key of the option to take when in doubt: an earlier decision on the same cause, else what loses least.
    `named`: the column names a row, and no row can have such a number."""
    best = BEST_FOR_ORPHANS if problem.problem == Problem.MISSING_PARENT else (Strategy.QUARANTINE,)
    first = [KEYS[before.strategy]] if before and before.strategy in KEYS else []
    first += [RENUMBER, DAY, NEVER_EMPTY, INCLUDE, FIRST, KEYS[Strategy.MIGRATE_PARENTS], WITHOUT]
    first += [KEEP] if problem.problem == Problem.CONFLICT else []
    first += [EMPTY] if problem.never == problem.rows or (named and problem.problem == Problem.OUT_OF_RANGE) else []
    offered = {option.key for option in options}
    return next(key for key in (*first, *(KEYS[strategy] for strategy in best), LEAVE) if key in offered)


def _change(problem: ProblemFound, strategy: Strategy) -> Change:
    cause = MissingCause(problem.cause) if problem.cause else None
    if strategy is Strategy.MIGRATE_PARENTS and cause:
        return MigrateParents(table=problem.table, columns=problem.columns, cause=cause, rows=problem.rows)
    kind = Problem(problem.problem)
    policy = Policy(problem=kind, columns=problem.columns, cause=cause, strategy=strategy, rows=problem.rows)
    return SetPolicy(table=problem.table, policy=policy)


def _text(problem: ProblemFound, strategy: Strategy, against: str) -> str:
    columns = ", ".join(problem.columns)
    rows = "this row" if problem.rows == 1 else f"these {problem.rows:,} rows"
    many = problem.parents != 1
    match strategy:
        case Strategy.MIGRATE_PARENTS:
            taken = f"the {problem.parents:,} missing rows" if many else "the missing row"
            out = against or f"although the plan leaves {'them' if many else 'it'} out"
            return f"Take {taken} that they refer to along, {out}"
        case Strategy.PLACEHOLDERS:
            made = f"{problem.parents:,} placeholders" if many else "a placeholder"
            return f"Make {made} for what they refer to, flagged as such"
        case Strategy.SET_NULL:
            return f"Move {rows} with {columns} left empty"
        case Strategy.TRUNCATE:
            return f"Shorten {columns} in {rows} to what fits; the rest is lost"
        case _:
            return f"Leave {rows} out for now and keep {_them(problem)} in quarantine"


def _concerned(rows: int) -> str:
    return "1 row was" if rows == 1 else f"{rows:,} rows were"


def _them(problem: ProblemFound) -> str:
    return "it" if problem.rows == 1 else "them"
