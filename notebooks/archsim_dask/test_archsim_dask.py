"""A real cluster on this machine: a scheduler and three workers, each a process of its own."""

import filecmp
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import archsim_dask
import pytest
from distributed import Client

MODELS = Path(__file__).resolve().parents[2] / "models"
# About a second for each of 8 shards.
FLAGS = [
    "--vary",
    "clients.customers.rate=200/s..900/s:16",
    "--replications",
    "8",
    "--horizon",
    "1min",
    "--warmup",
    "5s",
]


class Cluster:
    """A scheduler and its workers, which can be killed one by one."""

    def __init__(self, folder: Path, workers: int):
        self.folder, self.file = folder, folder / "scheduler.json"
        self.processes = {"scheduler": self.start("dask", "scheduler", "--host", "127.0.0.1", "--port", "0")}
        for number in range(workers):
            name = f"worker-{number}"
            flags = ["--nthreads", "1", "--no-nanny", "--name", name, "--local-directory", str(folder / name)]
            self.processes[name] = self.start("dask", "worker", "--host", "127.0.0.1", *flags)

    def start(self, program: str, kind: str, *flags: str) -> subprocess.Popen:
        command = [sys.executable, "-m", program, kind, "--scheduler-file", str(self.file), "--no-dashboard", *flags]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        # Workers find archsim, and nothing of this folder.
        return subprocess.Popen(command, cwd=self.folder, **quiet)

    def client(self) -> Client:
        client = Client(scheduler_file=str(self.file), timeout=60)
        client.wait_for_workers(len(self.processes) - 1, timeout=60)
        return client

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path, workers=3)
    yield cluster
    cluster.stop()


def unsharded(folder: Path, model: Path, flags: list[str]) -> Path:
    """The directory of the same sweep on this machine alone."""
    whole = folder / "whole"
    subprocess.run(
        ["archsim", "sweep", model.name, *flags, "--dir", str(whole)], cwd=model.parent, check=True, capture_output=True
    )
    return whole


def assert_same_files(whole: Path, merged: Path) -> None:
    answers = [
        path.name
        for path in whole.iterdir()
        if path.is_file() and path.name not in ("manifest.json", "model", "outcomes")
    ]
    assert "points.csv" in answers and "trials.csv" in answers
    same, other, missing = filecmp.cmpfiles(whole, merged, answers, shallow=False)
    assert (other, missing) == ([], []), f"{other} differ, {missing} are missing"


def kill_one_at_work(cluster: Cluster, client: Client) -> str:
    """Kills a worker that has a task in its hands, as the kernel would; returns the worker's name."""
    names = {address: worker["id"] for address, worker in client.scheduler_info(n_workers=-1)["workers"].items()}
    for _ in range(600):
        for address, tasks in client.processing().items():
            if tasks and any(str(key).startswith("archsim-") for key in tasks):
                victim = cluster.processes[names[address]]
                victim.kill()
                assert victim.wait() < 0, "it was a signal that ended it"
                return address
        time.sleep(0.02)
    raise AssertionError("no worker ever had a task")


def test_a_killed_worker_changes_no_byte(cluster, tmp_path):
    model = MODELS / "shop.ron"
    seen, killed = [], []
    with cluster.client() as client:

        def progress(done: int, of: int) -> None:
            seen.append((done, of))
            # When the first shard is back, every worker is in the middle of another.
            if done == 1 and not killed:
                killed.append(kill_one_at_work(cluster, client))

        archsim_dask.sweep(client, model, FLAGS, tmp_path / "merged", 8, progress=progress)
        left = client.scheduler_info(n_workers=-1)["workers"]
        assert killed and killed[0] not in left and len(left) == 2
        assert seen == [(done, 8) for done in range(9)]
        whole = unsharded(tmp_path, model, FLAGS)
        assert_same_files(whole, tmp_path / "merged")

        # What came back is kept: asked again, nothing is run.
        seen.clear()
        archsim_dask.sweep(client, model, FLAGS, tmp_path / "merged", 8, progress=progress)
        assert seen == [(8, 8)]
        assert_same_files(whole, tmp_path / "merged")


def test_a_task_that_fails_is_tried_again_and_goes_on(cluster, tmp_path, capsys):
    # A model whose prices lie above its own folder, and an archsim that breaks off in its first attempts.
    model = MODELS / "blocks" / "bill.ron"
    flags = [
        "--set",
        "run.horizon=20s",
        "--vary",
        "clients.customers.rate=20/s..80/s:4",
        "--replications",
        "2",
        "--warmup",
        "0s",
    ]
    flaky, tries = tmp_path / "flaky", tmp_path / "tries"
    flaky.write_text(
        f'#!/bin/sh\ncase "$1" in --version) ;; *) echo once >> {tries}\n'
        f'[ "$(wc -l < {tries})" -gt 2 ] || exit 137 ;; esac\nexec {shutil.which("archsim")} "$@"\n'
    )
    flaky.chmod(flaky.stat().st_mode | stat.S_IXUSR)
    with cluster.client() as client:
        scheduler = client.scheduler.address
    own = ["--scheduler", scheduler, "--shards", "2", "--into", str(tmp_path / "merged"), "--on-workers", str(flaky)]
    assert archsim_dask.main([str(model), *own, "--scratch", str(tmp_path / "scratch"), *flags]) == 0
    told = capsys.readouterr()
    assert told.err.endswith("2 of 2 shards\n") and "4 points of clients.customers.rate" in told.out
    assert len(tries.read_text().splitlines()) == 4
    assert_same_files(unsharded(tmp_path, model, flags), tmp_path / "merged")


def test_what_is_wrong_is_said_before_a_worker_is_asked(tmp_path):
    model = MODELS / "shop.ron"
    with pytest.raises(archsim_dask.ArchsimError, match="services.shop.replcas"):
        archsim_dask.sweep(None, model, ["--vary", "services.shop.replcas=1..4"], tmp_path / "merged", 4)
    with pytest.raises(archsim_dask.ArchsimError, match="is not found: install archsim"):
        archsim_dask.sweep(None, model, FLAGS, tmp_path / "merged", 4, archsim="no-such-archsim")
