"""The command line: every command with its options, and where its work is done.

Imports are light here; what a command needs is imported when it is called.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ferryman.commands import edge
from ferryman.commands.options import (
    Answers,
    Approve,
    By,
    Decide,
    Dialect,
    DryRun,
    Folder,
    Force,
    Interactive,
    Json,
    LeaveOut,
    Limit,
    Name,
    Notify,
    On,
    Only,
    Output,
    Parents,
    Phases,
    PlanFile,
    Preflight,
    Request,
    Resume,
    RowsPerSecond,
    Run,
    Sample,
    ShareSamples,
    Source,
    Story,
    Table,
    Tables,
    Target,
    Where,
    Which,
    WithAmendments,
    Yes,
)

app = typer.Typer(
    name="ferryman",
    help="Moves the data of an old application into the database of a new one, in conversation.",
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 finished with findings, 4 configuration or rights, "
    "5 waits for a person, 130 interrupted.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ledger_app = typer.Typer(help="The ledger: the truth about every run, in the new database.")
app.add_typer(ledger_app, name="ledger")
quarantine_app = typer.Typer(help="The rows that a run set aside, each with a reason and a way to mend it.")
app.add_typer(quarantine_app, name="quarantine")


def main() -> None:
    """The console script."""
    edge.collect_less()
    command = typer.main.get_command(app)
    edge.leave(edge.guarded(lambda words: command.main(words, "ferryman", standalone_mode=False), sys.argv[1:]))


def _version(wanted: bool) -> None:
    if wanted:
        from ferryman import __version__

        typer.echo(f"ferryman {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> int | None:
    if context.invoked_subcommand is None:
        return chat()
    return None


@app.command(epilog="Example: ferryman chat shop")
def chat(
    name: Name = "",
    source: Source = "",
    target: Target = "",
    by: By = "",
    resume: Resume = False,
    notify: Notify = "",
    share_samples: ShareSamples = None,
    max_rows_per_second: RowsPerSecond = 0,
    as_json: Json = False,
) -> int:
    """Talk about what is missing in the new system. The default command."""
    from ferryman.commands.talk import chat as work

    where, shared = Where(name, source, target, max_rows_per_second), tuple(share_samples or ())
    return work(where, by, as_json, resume=resume, notify=notify, share_samples=shared)


@app.command(epilog="Example: ferryman demo junction --interactive")
def demo(
    story: Story = "brackets",
    interactive: Interactive = False,
    folder: Folder = None,
    as_json: Json = False,
) -> int:
    """Play a whole migration on two small databases made for it."""
    from ferryman.commands.talk import demo as work

    return work(story, folder, interactive, as_json)


@app.command(epilog="Example: ferryman connections --json")
def connections(as_json: Json = False) -> int:
    """List the named databases. Passwords are masked; each is asked whether it answers."""
    from ferryman.commands.connections import connections as work

    return work(as_json)


@app.command(epilog="Example: ferryman doctor shop")
def doctor(name: Name = "", source: Source = "", target: Target = "", as_json: Json = False) -> int:
    """Look whether everything that Ferryman needs is there."""
    from ferryman.commands.doctor import doctor as work

    return work(Where(name, source, target), as_json)


@app.command(epilog="Example: ferryman analyze --source legacy.db --target new.db")
def analyze(name: Name = "", source: Source = "", target: Target = "", as_json: Json = False) -> int:
    """Say what is missing in the new database and what feeds it. Writes nothing to either."""
    from ferryman.commands.look import analyze as work

    return work(Where(name, source, target), as_json)


@app.command(epilog="Example: ferryman match --source legacy.db --target new.db --json")
def match(name: Name = "", source: Source = "", target: Target = "", as_json: Json = False) -> int:
    """Say which old tables and columns look like which new ones. Writes nothing to either."""
    from ferryman.commands.look import match as work

    return work(Where(name, source, target), as_json)


@app.command(
    epilog='Example: ferryman plan --source legacy.db --target new.db -o plan.yaml --answer "Invoice goes into orders"'
)
def plan(
    name: Name = "",
    source: Source = "",
    target: Target = "",
    output: Output = None,
    request: Request = "",
    answer: Answers = None,
    only: Only = None,
    leave_out: LeaveOut = None,
    preflight: Preflight = True,
    force: Force = False,
    with_amendments: WithAmendments = "",
    share_samples: ShareSamples = None,
    as_json: Json = False,
) -> int:
    """Make a plan as a file to read and edit. Writes to neither database; exit code 5 while questions are open."""
    from ferryman.commands.plan import PlanWish
    from ferryman.commands.plan import plan as work

    wish = PlanWish(
        where=Where(name, source, target),
        output=output,
        request=request,
        answers=tuple(answer or ()),
        only=tuple(only or ()),
        leave_out=tuple(leave_out or ()),
        preflight=preflight,
        force=force,
        amended=with_amendments,
        share_samples=tuple(share_samples or ()),
    )
    return work(wish, as_json)


@app.command(epilog="Example: ferryman run --plan plan.yaml --approve 0123456789abcdef-...")
def run(
    plan: PlanFile,
    approve: Approve = "",
    source: Source = "",
    target: Target = "",
    by: By = "",
    decide: Decide = None,
    preflight: Preflight = True,
    dry_run: DryRun = False,
    sample: Sample = "",
    notify: Notify = "",
    max_rows_per_second: RowsPerSecond = 0,
    as_json: Json = False,
) -> int:
    """Run a plan. Without an approval that binds, and nobody to ask, nothing is written and the exit code is 5."""
    from ferryman.commands.run import RunWish
    from ferryman.commands.run import run as work

    wish = RunWish(
        plan=plan,
        approve=approve,
        where=Where("", source, target, max_rows_per_second),
        by=by,
        decide=tuple(decide or ()),
        preflight=preflight,
        dry_run=dry_run,
        sample=sample,
        notify=notify,
    )
    return work(wish, as_json)


@app.command(epilog="Example: ferryman runs --on shop")
def runs(on: On = "", target: Target = "", as_json: Json = False) -> int:
    """List the runs that the new database knows."""
    from ferryman.commands.runs import runs as work

    return work(Where(on, "", target), as_json)


@app.command(epilog="Example: ferryman status --target new.db")
def status(run: Run = "", on: On = "", target: Target = "", as_json: Json = False) -> int:
    """Say where a run stands."""
    from ferryman.commands.runs import status as work

    return work(Which(Where(on, "", target), run), as_json)


@app.command(epilog="Example: ferryman resume --decide skip_orphaned_records")
def resume(
    run: Run = "",
    on: On = "",
    source: Source = "",
    target: Target = "",
    by: By = "",
    decide: Decide = None,
    notify: Notify = "",
    max_rows_per_second: RowsPerSecond = 0,
    as_json: Json = False,
) -> int:
    """Go on with a run: one that paused, that waits, or whose process died."""
    from ferryman.commands.run import resume as work

    which = Which(Where(on, source, target, max_rows_per_second), run)
    return work(which, by, tuple(decide or ()), as_json, notify)


@app.command(epilog="Example: ferryman pause --target new.db")
def pause(run: Run = "", on: On = "", target: Target = "", as_json: Json = False) -> int:
    """Stop a run after its running batch, in whatever process it is."""
    from ferryman.commands.runs import pause as work

    return work(Which(Where(on, "", target), run), as_json)


@app.command(epilog="Example: ferryman withdraw --target new.db --by anna")
def withdraw(run: Run = "", on: On = "", target: Target = "", by: By = "", as_json: Json = False) -> int:
    """Take a run's approval back: it stops after its running batch, and is not resumed any more."""
    from ferryman.commands.runs import withdraw as work

    return work(Which(Where(on, "", target), run), by, as_json)


@app.command(epilog="Example: ferryman rollback 20261122-181205-9f3a --table orders")
def rollback(
    run: Run = "",
    on: On = "",
    target: Target = "",
    table: Tables = None,
    phase: Phases = 0,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Undo a run, or some of its tables. Rows that were there before or came since are not touched."""
    from ferryman.commands.undo import rollback as work

    return work(Which(Where(on, "", target), run), tuple(table or ()), phase, yes, as_json)


@app.command(epilog="Example: ferryman validate --on shop")
def validate(run: Run = "", on: On = "", source: Source = "", target: Target = "", as_json: Json = False) -> int:
    """Prove once more that everything of a run arrived. Writes nothing; exit code 3 when a check fails."""
    from ferryman.commands.prove import validate as work

    return work(Which(Where(on, source, target), run), as_json)


@app.command(epilog="Example: ferryman report -o report.html")
def report(run: Run = "", on: On = "", target: Target = "", output: Output = None, as_json: Json = False) -> int:
    """Write down what a run did: one HTML file, or Markdown where the file's name ends in .md."""
    from ferryman.commands.prove import report as work

    return work(Which(Where(on, "", target), run), output, as_json)


@app.command(epilog="Example: ferryman finish --target new.db -o ledger.jsonl")
def finish(
    run: Run = "", on: On = "", target: Target = "", output: Output = None, yes: Yes = False, as_json: Json = False
) -> int:
    """Archive the ledger and drop it. Its runs cannot be undone afterwards."""
    from ferryman.commands.undo import finish as work

    return work(Which(Where(on, "", target), run), output, yes, as_json)


@ledger_app.command("ddl", epilog="Example: ferryman ledger ddl --dialect sqlite")
def ledger_ddl(
    dialect: Dialect = "",
    on: On = "",
    target: Target = "",
    as_json: Json = False,
) -> int:
    """Print the script by which a database administrator can create the ledger's tables."""
    from ferryman.commands.ledger import ddl as work

    return work(Where(on, "", target), dialect, as_json)


@quarantine_app.command("list", epilog="Example: ferryman quarantine list --on shop")
def quarantine_list(run: Run = "", on: On = "", target: Target = "", as_json: Json = False) -> int:
    """Count the rows that were set aside, by table and reason. No row is read."""
    from ferryman.commands.quarantine import listed as work

    return work(Which(Where(on, "", target), run), as_json)


@quarantine_app.command("show", epilog="Example: ferryman quarantine show --table orders --limit 5")
def quarantine_show(
    run: Run = "", on: On = "", target: Target = "", table: Table = "", limit: Limit = 0, as_json: Json = False
) -> int:
    """Show the rows that were set aside, with their values, on this screen only."""
    from ferryman.commands.quarantine import show as work

    return work(Which(Where(on, "", target), run), table, limit, as_json)


@quarantine_app.command("export", epilog="Example: ferryman quarantine export -o aside.csv")
def quarantine_export(
    run: Run = "",
    on: On = "",
    target: Target = "",
    table: Table = "",
    output: Output = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Write the rows that were set aside into a CSV file for a spreadsheet. No cell of it is taken for a formula."""
    from ferryman.commands.quarantine import export as work

    return work(Which(Where(on, "", target), run), table, output, force, as_json)


@quarantine_app.command("retry", epilog="Example: ferryman quarantine retry --table orders")
def quarantine_retry(
    run: Run = "",
    on: On = "",
    source: Source = "",
    target: Target = "",
    table: Table = "",
    parents: Parents = True,
    as_json: Json = False,
) -> int:
    """Try the rows again as they are now in the old database, and bring the rows that they refer to along where they
    are there; exit code 3 while some stay set aside."""
    from ferryman.commands.quarantine import retry as work

    return work(Which(Where(on, source, target), run), table, parents, as_json)
