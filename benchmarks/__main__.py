"""Every figure that was promised, measured: `python -m benchmarks [NAME ...] [--large] [--rows=N]`.

demo, chinook, analyze, load, checks, servers. `--large` also copies 5M rows, `--rows=200000` lets `servers` copy fewer;
such figures are shown, and not put into results.md. Exit code 1 when a promised figure is not met.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from benchmarks import analyze, checks, chinook, demo, load, results, servers
from benchmarks.child import Failed
from benchmarks.figure import Figure, Wish, machine, not_there

BENCHMARKS: dict[str, Callable[[Wish], Iterator[Figure]]] = {
    "demo": demo.figures,
    "chinook": chinook.figures,
    "analyze": analyze.figures,
    "load": load.figures,
    "checks": checks.figures,
    "servers": servers.figures,
}


def main(arguments: list[str]) -> int:
    """Measure what was named (all, without names), show it and put it into results.md."""
    names = [name for name in arguments if not name.startswith("--")] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    rows = [one.removeprefix("--rows=") for one in arguments if one.startswith("--rows=")]
    options = {"--large", *(f"--rows={one}" for one in rows if one.isdecimal())}
    if unknown or set(arguments) - set(names) - options:
        print(f"There is {', '.join(BENCHMARKS)}, --large and --rows=N, not {' '.join(arguments)}.", file=sys.stderr)
        return 2
    wish = Wish(large="--large" in arguments, rows=int(rows[-1]) if rows else 0)
    print(machine())
    figures = [figure for name in names for figure in _measured(name, wish)]
    results.show(figures)
    if not wish.rows:
        results.record(figures, list(BENCHMARKS))
    return 1 if any(figure.met is False for figure in figures) else 0


def _measured(name: str, wish: Wish) -> Iterator[Figure]:
    """A benchmark's figures; one that fails says so and does not take the others with it."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    try:
        yield from BENCHMARKS[name](wish)
    except Failed as error:
        print(error, file=sys.stderr)
        yield not_there(name, "", str(error).splitlines()[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
