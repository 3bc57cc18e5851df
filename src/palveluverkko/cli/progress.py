"""What is shown while a command works."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

_STEP_NAMES = {
    "inputs": "Reading tables",
    "network": "Road network",
    "examine": "Examining the data",
    "travel_times": "Travel times",
    "levels": "Levels and norms",
    "areas": "Surfaces and bands",
    "searches": "Searching and writing",
    "scenarios": "Scenarios",
    "variants": "Speeds and seasons",
    "write": "Writing files",
    "warm": "Compiling",
    "fetch": "Fetching",
}

_COMPILING = "Compiling the search kernels for this machine, once (up to a minute) …"
_COMPILING_AGAIN = (
    "Compiling the search kernels for this machine (up to a minute); they cannot be kept: name a folder with "
    "NUMBA_CACHE_DIR …"
)


class Steps:
    """Shows what is being done: a bar and lines above it on a terminal, nothing in a pipe."""

    def __init__(
        self,
        show: Callable[[str, int, int], None],
        say: Callable[[str], None],
        agree: Callable[[str], bool],
    ) -> None:
        self._show, self.say, self.agree = show, say, agree

    def __call__(self, step: str, done: int, total: int) -> None:
        """Show how much of a step is done; a total of 0 is not known."""
        self._show(step, done, total)


@contextmanager
def showing_progress() -> Iterator[Steps]:
    """Show a bar on a terminal, and say when kernels are compiled; nothing in a pipe."""
    from palveluverkko.engine.warm import choose_cache_folder, is_cache_kept, told_when_compiling

    choose_cache_folder()
    if not sys.stderr.isatty():
        yield Steps(lambda _step, _done, _total: None, lambda _line: None, lambda _question: True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<22}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=_STEP_NAMES.get(step, step), completed=done, total=total or None)

        def say(line: str) -> None:
            console.print(line, markup=False, highlight=False, soft_wrap=True)

        def agree(question: str) -> bool:
            # Without a keyboard nobody can answer: a script on a terminal's stderr is taken at its word.
            if not sys.stdin.isatty():
                return True
            bar.stop()
            try:
                answer = typer.confirm(question, default=True, err=True)
            except typer.Abort:
                raise KeyboardInterrupt from None
            bar.start()
            return answer

        with told_when_compiling(lambda: say(_COMPILING if is_cache_kept() else _COMPILING_AGAIN)):
            yield Steps(show, say, agree)
