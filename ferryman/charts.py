"""Bar charts as inline SVG: no script, no style attribute, readable without colours and by a screen reader.

Colours come from the page's classes `s0` to `s4`, so that light, dark and print are the page's affair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

SHOWN = 30  #: bars of one chart; what is beyond stands in the table beside it
_WIDTH, _LABEL, _VALUE, _BAR, _GAP = 760, 210, 130, 16, 8
_LONGEST = 30  #: characters of a label; the whole name is its tooltip

_KEY = Markup(
    '<span class="k"><svg class="i" viewBox="0 0 10 10" aria-hidden="true">'
    '<rect class="s{}" width="10" height="10"/></svg> {}</span> '
)


@dataclass(frozen=True)
class Bar:
    """One labelled bar of one or more parts; `text` stands at its end. Parts line up with the chart's series."""

    label: str
    parts: tuple[float, ...]
    text: str


def stacked(title: str, series: Sequence[str], bars: Sequence[Bar]) -> Markup:
    """Bars whose parts follow each other, e.g. where a table's rows went."""
    shown = bars[:SHOWN]
    most = max((sum(bar.parts) for bar in shown), default=0) or 1
    rows = []
    for index, bar in enumerate(shown):
        top, left = _top(index, 1), float(_LABEL)
        rows.append(_label(bar, top + _BAR - 4))
        for number, part in enumerate(bar.parts):
            width = _scaled(part, most)
            if part:
                rows.append(_rect(left, top, width, number, f"{bar.label}: {series[number]}"))
            left += width
        rows.append(_end(left, top + _BAR - 4, bar.text))
    return _chart(title, series, rows, _top(len(shown), 1), len(bars) - len(shown))


def grouped(title: str, series: Sequence[str], bars: Sequence[Bar]) -> Markup:
    """Bars whose parts lie under each other, e.g. estimated and actual time."""
    shown = bars[:SHOWN]
    most = max((part for bar in shown for part in bar.parts), default=0) or 1
    rows = []
    for index, bar in enumerate(shown):
        top = _top(index, len(series))
        rows.append(_label(bar, top + _BAR - 4))
        for number, part in enumerate(bar.parts):
            rows.append(
                _rect(_LABEL, top + number * _BAR, _scaled(part, most), number, f"{bar.label}: {series[number]}")
            )
        longest = _LABEL + max(_scaled(part, most) for part in bar.parts)
        rows.append(_end(longest, top + _BAR - 4, bar.text))
    return _chart(title, series, rows, _top(len(shown), len(series)), len(bars) - len(shown))


def _top(index: int, lines: int) -> int:
    return index * (_BAR * lines + _GAP) + _GAP


def _scaled(value: float, most: float) -> float:
    return value / most * (_WIDTH - _LABEL - _VALUE)


def _label(bar: Bar, y: float) -> Markup:
    short = bar.label if len(bar.label) <= _LONGEST else f"{bar.label[: _LONGEST - 1]}…"
    return Markup('<text class="l" x="{}" y="{}" text-anchor="end"><title>{}</title>{}</text>').format(
        _LABEL - 10, y, bar.label, short
    )


def _rect(x: float, y: float, width: float, number: int, title: str) -> Markup:
    return Markup('<rect class="s{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
        number, f"{x:.1f}", y, f"{max(width, 1):.1f}", _BAR - 3, title
    )


def _end(x: float, y: float, text: str) -> Markup:
    return Markup('<text class="v" x="{}" y="{}">{}</text>').format(f"{x + 6:.1f}", y, text)


def _chart(title: str, series: Sequence[str], rows: Sequence[Markup], height: int, beyond: int) -> Markup:
    legend = Markup("").join(_KEY.format(number, name) for number, name in enumerate(series))
    more = Markup(" and {} more in the table").format(f"{beyond:,}") if beyond else ""
    return Markup(
        "<figure><figcaption>{title}{more}<br>{legend}</figcaption>"
        '<svg class="c" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{rows}</svg></figure>'
    ).format(
        title=title,
        more=more,
        legend=legend,
        width=_WIDTH,
        height=max(height, _BAR),
        label=f"{title}; the figures stand in the table",
        rows=Markup("").join(rows),
    )
