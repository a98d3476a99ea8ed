"""Runs a sweep of archsim on a Dask cluster.

    archsim-dask --scheduler tcp://scheduler:8786 --shards 64 --into study \\
        shop.ron --vary clients.customers.rate=100/s..1000/s:50

Every task is `archsim sweep … --shard K/N` on a worker. A worker needs archsim and nothing else: the model and the files
that it refers to travel to it, and what the shard kept travels back, so no disk is shared. `archsim merge` then puts the
shards together here: the same bytes as one machine would have written.

A worker that is lost takes its task with it, and Dask gives that to another; a task that fails is tried again. Shards that
came back are kept in the directory of the study, so a client that is stopped and started again asks only for the others.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from distributed import Client, as_completed, get_worker

#: What archsim says of a directory that another process has.
AT_WORK = "another archsim is at work on this study"


class ArchsimError(RuntimeError):
    """What archsim said when it could not do what it was asked for."""


@dataclass(frozen=True)
class Study:
    """A sweep, as it travels to a worker."""

    model: str
    """The model's name in its folder."""
    arguments: tuple[str, ...]
    """The flags of `archsim sweep` that the result depends on."""
    files: dict[str, bytes]
    """The model and what it refers to, by names from the model's folder."""
    version: str
    """What `archsim --version` prints; another version would find other numbers."""

    @staticmethod
    def of(model: Path, arguments: Sequence[str], archsim: str, also: Iterable[str] = ()) -> Study:
        """Reads a model and the files that it refers to; `also` names files that only values of an axis refer to."""
        referred = call([archsim, "check", model.name, "--files"], model.parent).splitlines()
        names = [model.name, *referred, *also]
        absolute = [name for name in names if os.path.isabs(name)]
        if absolute:
            raise ArchsimError(f"{absolute[0]} is not found from the model's folder, and so would not be on a worker")
        files = {name: (model.parent / name).read_bytes() for name in names}
        return Study(model.name, tuple(arguments), files, call([archsim, "--version"]).strip())

    def lay_out(self, root: Path) -> Path:
        """Writes the files, and returns the model's folder: as far below `root` as some name climbs."""
        climbs = max(PurePosixPath(os.path.normpath(name)).parts.count("..") for name in self.files)
        folder = root.joinpath("files", *["below"] * climbs)
        for name, contents in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
        return folder

    def digest(self) -> str:
        """A name that no other study has."""
        return hashlib.sha256(
            repr((self.model, self.arguments, sorted(self.files.items()), self.version)).encode()
        ).hexdigest()[:16]


def call(command: Sequence[str], folder: Path | None = None) -> str:
    """Runs archsim and returns what it prints, or raises what it says."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise ArchsimError(f"{command[0]} is not found: install archsim, or say where it is") from None
    # 4 and 5 are answers: an objective is missed, or undecided.
    if done.returncode not in (0, 4, 5):
        raise ArchsimError(f"{' '.join(command)}\nended with exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def run_shard(shard: int, study: Study, of: int, archsim: str, scratch: str | None) -> dict[str, bytes]:
    """On a worker: runs a part of the points, and returns the files of the shard's directory."""
    found = call([archsim, "--version"]).strip()
    if found != study.version:
        raise ArchsimError(f"the worker has {found}, and the study is by {study.version}")
    name = f"{study.digest()}-{shard}-of-{of}"
    if scratch is not None:
        # A shard that was begun here, and whose worker was lost, goes on where it was.
        return run_shard_in(Path(scratch) / name, study, shard, of, archsim)
    with tempfile.TemporaryDirectory(dir=get_worker().local_directory) as root:
        return run_shard_in(Path(root), study, shard, of, archsim)


def run_shard_in(root: Path, study: Study, shard: int, of: int, archsim: str) -> dict[str, bytes]:
    """Runs a shard in a directory, or what is left of it."""
    root.mkdir(parents=True, exist_ok=True)
    folder, kept = study.lay_out(root), root / "shard"
    # A Dask worker runs as many tasks as it has threads, so that each takes one.
    part = ["--shard", f"{shard}/{of}", "--dir", str(kept.resolve()), "--jobs", "1"]
    while True:
        try:
            call([archsim, "sweep", study.model, *study.arguments, *part], folder)
            break
        except ArchsimError as error:
            # The archsim of a worker that was killed may still be running; it will come to an end.
            if AT_WORK not in str(error):
                raise
            time.sleep(0.5)
    files = (path for path in kept.rglob("*") if path.is_file())
    return {path.relative_to(kept).as_posix(): path.read_bytes() for path in files}


def sweep(
    client: Client,
    model: str | os.PathLike[str],
    arguments: Sequence[str],
    into: str | os.PathLike[str],
    shards: int,
    *,
    archsim: str = "archsim",
    on_workers: str | None = None,
    files: Iterable[str] = (),
    scratch: str | None = None,
    retries: int = 3,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> str:
    """Runs `archsim sweep MODEL ARGUMENTS` on a cluster; writes its files into a directory and returns what it says.

    `arguments` are flags of `archsim sweep`, without `--dir`, `--shard` and `--jobs`. More shards than there are threads share
    the work out well, and less is lost with a worker; each comes back whole through the client's memory. `on_workers` is
    where workers have archsim, `scratch` a folder of theirs in which an interrupted shard is found again by whoever takes it
    up. `progress` is called with the shards that are done, and all.
    """
    into = Path(into)
    study = Study.of(Path(model).resolve(), arguments, archsim, files)
    # What is wrong with the model or the flags is told before a worker is asked.
    call([archsim, "sweep", study.model, *arguments, "--dry-run"], Path(model).resolve().parent)
    folder = into / "shards"
    folder.mkdir(parents=True, exist_ok=True)
    dirs = {shard: folder / f"{study.digest()}-{shard}-of-{shards}" for shard in range(1, shards + 1)}
    ask = [shard for shard, path in dirs.items() if not path.is_dir()]
    done = shards - len(ask)
    progress(done, shards)
    # Workers need not have this module, nor those that join later.
    client.upload_file(__file__)
    asked = client.map(
        run_shard,
        ask,
        study=study,
        of=shards,
        archsim=on_workers or archsim,
        scratch=scratch,
        key=[f"archsim-{dirs[shard].name}" for shard in ask],
        retries=retries,
    )
    of_task = {future.key: shard for future, shard in zip(asked, ask)}
    try:
        for future, result in as_completed(asked, with_results=True):
            keep(result, dirs[of_task[future.key]])
            future.release()  # What has come back is forgotten on the cluster.
            done += 1
            progress(done, shards)
    finally:
        client.cancel(asked)
    return call([archsim, "merge", *map(str, dirs.values()), "--into", str(into)])


def keep(files: dict[str, bytes], into: Path) -> None:
    """Writes the directory of a shard: whole, or not at all."""
    with tempfile.TemporaryDirectory(dir=into.parent, prefix="part-") as part:
        whole = Path(part) / "whole"
        for name, contents in files.items():
            path = whole / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents)
        whole.rename(into)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="archsim-dask",
        description="Run a sweep of archsim on a Dask cluster.",
        allow_abbrev=False,
        epilog="All other flags are those of archsim sweep: --vary, --designs, --sample, --set, --precision, …",
    )
    parser.add_argument("model", help="the model")
    parser.add_argument("--scheduler", required=True, help="address of the Dask scheduler, such as tcp://10.0.0.1:8786")
    parser.add_argument("--shards", type=int, required=True, help="tasks; a few for each thread of the cluster")
    parser.add_argument(
        "--into",
        required=True,
        metavar="DIR",
        help="where the study is written; what is there already is not run again",
    )
    parser.add_argument("--archsim", default="archsim", help="archsim on this machine [default: the one on PATH]")
    parser.add_argument("--on-workers", help="archsim on the workers [default: as here]")
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        help="another file beside the model, which only values of an axis refer to",
    )
    parser.add_argument("--scratch", help="a folder of the workers in which interrupted shards go on")
    parser.add_argument(
        "--retries", type=int, default=3, help="how often a task that failed is tried again [default: 3]"
    )
    own, rest = parser.parse_known_args(arguments)
    if own.shards < 1:
        parser.error("--shards: at least 1")

    def progress(done: int, of: int) -> None:
        print(f"{done} of {of} shards", file=sys.stderr, flush=True)

    try:
        with Client(own.scheduler) as client:
            told = sweep(
                client,
                own.model,
                rest,
                own.into,
                own.shards,
                archsim=own.archsim,
                on_workers=own.on_workers,
                files=own.file,
                scratch=own.scratch,
                retries=own.retries,
                progress=progress,
            )
    except (ArchsimError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(told, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
