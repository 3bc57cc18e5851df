"""Results: rows, the table in Markdown, the page of the documentation, the file to make it again from."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison.

    Attributes
    ----------
    ours, theirs
        The two figures, in ``unit``.
    goal, stretch
        Ratios asked for; ``times_faster`` tells whether theirs / ours must reach them or ours / theirs must stay below.
    spread
        Smallest and largest ratio of one turn.
    same
        What was compared before the clock counted, and how it came out.
    """

    measure: str
    what: str
    unit: str
    peer: str
    ours: float | None = None
    theirs: float | None = None
    times_faster: bool = True
    goal: float | None = None
    stretch: float | None = None
    spread: tuple[float, float] | None = None
    same: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        if self.ours is None or self.theirs is None:
            return None
        return self.theirs / self.ours if self.times_faster else self.ours / self.theirs

    @property
    def stands(self) -> str:
        if self.ratio is None or self.goal is None:
            return ""
        sign = 1 if self.times_faster else -1
        if self.stretch is not None and sign * self.ratio >= sign * self.stretch:
            return "beyond"
        return "met" if sign * self.ratio >= sign * self.goal else "**short**"


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One line of the table of all engines."""

    name: str
    milliseconds: float | None = None
    sources: int = 0
    preparation: float | None = None
    peak_bytes: int | None = None
    same: str = ""


@dataclass(frozen=True, kw_only=True)
class Results:
    """What one run found."""

    graphs: list[str]
    settings: str
    rows: list[Row]
    engines: list[Engine]
    left_out: list[str]
    machine: dict[str, str] = field(default_factory=dict)

    def renewed(self, part: Results) -> Results:
        """Give these with the measures of a later run, which says so."""
        rows = list[Row]()
        measured = dict.fromkeys(row.measure for row in part.rows)
        for measure in dict.fromkeys(row.measure for row in (*self.rows, *part.rows)):
            rows += [row for row in (part if measure in measured else self).rows if row.measure == measure]
        told = f" Measured again on {part.machine['day']}: {', '.join(measured)}."
        return replace(self, rows=rows, settings=self.settings.replace(told, "") + told)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")


def read_results(path: Path) -> Results:
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows = [Row(**{**row, "spread": row["spread"] and tuple(row["spread"])}) for row in stored.pop("rows")]
    return Results(rows=rows, engines=[Engine(**one) for one in stored.pop("engines")], **stored)


def describe_machine(packages: list[str]) -> dict[str, str]:
    """Say what ran: kind of machine, versions, day."""
    found = {"day": datetime.now(UTC).date().isoformat(), "processor": _processor(), "cores": str(os.cpu_count())}
    found |= {"Python": platform.python_version()}
    return found | {name: version(name) for name in packages}


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{platform.machine()}, {next(models, platform.processor() or 'unknown')}"


def to_markdown(results: Results) -> str:
    """Give the tables in Markdown."""
    machine = ", ".join(f"{key} {value}" for key, value in results.machine.items())
    lines = [f"Measured {machine}. {results.settings}", "", "Graphs:", ""]
    lines += [f"- {graph}" for graph in results.graphs]
    lines += ["", "| | measure | ours | peer | ratio (turns) | at least | stretch | stands | answers |"]
    lines.append("|---" * 9 + "|")
    notes: list[str] = []
    for row in results.rows:
        mark = ""
        if row.note:
            if row.note not in notes:
                notes.append(row.note)
            mark = f" ({notes.index(row.note) + 1})"
        lines.append(_row(row, mark))
    lines += [""] + [f"({number}) {note}" + "\n" for number, note in enumerate(notes, 1)]
    if results.engines:
        lines += ["| engine | ms per origin | against ours | origins | preparation, s | peak memory | answers |"]
        lines.append("|---" * 7 + "|")
        own = results.engines[0].milliseconds
        lines += [_engine(one, own) for one in results.engines]
    if results.left_out:
        lines += ["", "Left out: " + "; ".join(results.left_out) + "."]
    return "\n".join(lines).strip() + "\n"


def has_marks(page: Path) -> bool:
    """Tell whether a page has a place for the table."""
    _, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    return bool(begin) and END in rest


def write_page(page: Path, table: str, *, marks: tuple[str, str] = (BEGIN, END)) -> None:
    """Put the table between two marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not (begin and end):
        raise ValueError(f"{page} has no marks {' and '.join(marks)}")
    aside = page.with_suffix(".aside")
    aside.write_text(f"{before}{begin}\n\n{table}\n{end}{after}", encoding="utf-8")
    aside.replace(page)


def _row(row: Row, mark: str) -> str:
    asked = ["≥ {:g} ×", "≤ {:g} ×"][not row.times_faster]
    cells = [
        row.measure,
        row.what + mark,
        _figure(row.ours, row.unit),
        f"{_figure(row.theirs, row.unit)} {row.peer}".strip(),
        ("" if row.ratio is None else f"{row.ratio:.3g} ×")
        + ("" if row.spread is None else f" ({row.spread[0]:.2g}–{row.spread[1]:.2g})"),
        "" if row.goal is None else asked.format(row.goal),
        "" if row.stretch is None else asked.format(row.stretch),
        row.stands,
        row.same,
    ]
    return "| " + " | ".join(cells) + " |"


def _engine(one: Engine, own: float | None) -> str:
    cells = [
        one.name,
        _figure(one.milliseconds, ""),
        "" if own is None or one.milliseconds is None else f"{one.milliseconds / own:.3g} ×",
        str(one.sources or ""),
        _figure(one.preparation, ""),
        "" if not one.peak_bytes else f"{one.peak_bytes / 2**30:.2g} GiB",
        one.same,
    ]
    return "| " + " | ".join(cells) + " |"


def _figure(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:,.4g} {unit}".strip() if value < 1000 else f"{value:,.0f} {unit}".strip()
