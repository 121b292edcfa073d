"""The window that commands print to, and the progress bar of long work; made when it is needed, so that `--help` is instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

#: Called with a stage, how much of it is done, and of how much.
Progress = Callable[[str, int, int], None]


def console() -> Console:
    """A console as wide as the window; piped output has none, and gets room instead of being cut at 80."""
    from rich.console import Console

    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=160)


def print_idle(idle: Mapping[str, str]) -> None:
    """Print the options that were given and change nothing, each with the reason."""
    for option, why in idle.items():
        console().print(f"NO EFFECT: {option} changes nothing: {why}", markup=False, soft_wrap=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error where somebody watches; nothing in a pipe."""
    from rich.console import Console

    window = Console(stderr=True)
    if not window.is_terminal:
        yield lambda stage, done, of: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=window, transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda stage, done, of: bar.update(task, description=stage, completed=done, total=of)
