"""Compiling ahead of the first use: warm."""

from __future__ import annotations

import time

import typer

from palveluverkko.cli.progress import showing_progress

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def warm() -> None:
    """Compile what searches are made of ahead of the first use."""
    from palveluverkko.domain.errors import PalveluverkkoError
    from palveluverkko.engine.warm import cache_folder, choose_cache_folder, is_cache_kept
    from palveluverkko.study.warm import compile_kernels_side_by_side

    choose_cache_folder()
    if not is_cache_kept():
        raise PalveluverkkoError(
            "what is compiled cannot be kept: neither the folder of the package nor the user's cache folder can be "
            "written to. Name one that can be, with NUMBA_CACHE_DIR."
        )
    typer.echo("Compiling what searches and road files need")
    begin = time.perf_counter()
    with showing_progress() as progress:
        progress("warm", 0, 0)
        compile_kernels_side_by_side()
    typer.echo(f"{time.perf_counter() - begin:.1f} s, kept in {cache_folder()}")
    typer.echo("Nothing is left to compile")
