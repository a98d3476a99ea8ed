"""The templates do what they say, as far as that can be seen without a cluster."""

import filecmp
import os
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

FOLDER = Path(__file__).parent
MODELS = FOLDER.parents[1] / "models"
SWEEP = [
    "models/theory/mm1.ron",
    "--vary",
    "clients.users.rate=10/s..90/s:5",
    "--replications",
    "2",
    "--horizon",
    "30s",
    "--warmup",
    "5s",
]


@pytest.fixture
def site(tmp_path):
    """What all nodes see: the models."""
    shutil.copytree(MODELS, tmp_path / "models")
    return tmp_path


def merged_like_one_machine(site: Path, shards: list[Path]) -> None:
    run = {"cwd": site, "check": True, "capture_output": True}
    subprocess.run(["archsim", "merge", *map(str, shards), "--into", "merged"], **run)
    subprocess.run(["archsim", "sweep", *SWEEP, "--dir", "whole"], **run)
    same, other, missing = filecmp.cmpfiles(
        site / "whole", site / "merged", ["points.csv", "trials.csv", "sweep.json"], shallow=False
    )
    assert (len(same), other, missing) == (3, [], [])


def test_the_slurm_array_is_a_sweep(site):
    subprocess.run(["bash", "-n", FOLDER / "slurm.sh"], check=True)
    for task in "12":
        slurm = {**os.environ, "SHARDS": "2", "STUDY": "study", "SLURM_ARRAY_TASK_ID": task, "SLURM_CPUS_PER_TASK": "2"}
        subprocess.run(["bash", FOLDER / "slurm.sh", *SWEEP], cwd=site, env=slurm, check=True, capture_output=True)
    merged_like_one_machine(site, sorted((site / "study").iterdir()))


def test_the_slurm_array_says_what_it_lacks(site):
    slurm = {**os.environ, "SHARDS": "2", "STUDY": "study"}
    done = subprocess.run(["bash", FOLDER / "slurm.sh", *SWEEP], cwd=site, env=slurm, capture_output=True, text=True)
    assert done.returncode != 0 and "--array=1-2" in done.stderr


def manifests() -> dict[str, dict]:
    return {manifest["kind"]: manifest for manifest in yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())}


def test_the_manifests_keep_to_the_schema_of_kubernetes():
    for manifest in manifests().values():
        kubernetes_validate.validate(manifest, "1.31", strict=True)


def test_the_indexed_job_is_a_sweep(site):
    job = manifests()["Job"]["spec"]
    container = job["template"]["spec"]["containers"][0]
    assert container["env"] == [{"name": "SHARDS", "value": str(job["completions"])}]
    assert job["completionMode"] == "Indexed"
    for index in "01":
        pod = {**os.environ, "SHARDS": "2", "JOB_COMPLETION_INDEX": index}
        subprocess.run([*container["command"], *SWEEP], cwd=site, env=pod, check=True, capture_output=True)
    merged_like_one_machine(site, sorted(site.glob("shard-*")))
