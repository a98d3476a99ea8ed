"""What archsim writes keeps to its published schemas, says where it comes from, and is the same in every format."""

import csv
import json
import math
import subprocess
from pathlib import Path

import jsonschema
import pyarrow.parquet
import pytest

MODELS = Path(__file__).resolve().parents[1] / "models"
SHOP = "shop.ron"
SHORT = ["--horizon", "8s"]
SWEEP = [
    "--designs",
    "scaled out,microservices",
    "--vary",
    "clients.customers.rate=200/s..1200/s:3",
    *SHORT,
    "--warmup",
    "1s",
    "--replications",
    "3",
]
#: What answers in JSON, by the name of its schema.
ANSWERS = {
    "run": ["run", SHOP, *SHORT, "--replications", "2", "--path"],
    "capacity": [
        "capacity",
        "theory/mm1.ron",
        "--vary",
        "clients.users.rate=20/s..120/s",
        "--set",
        'objectives=[latency(percentile: 95, below: "100ms")]',
        "--set",
        "run.warmup=5s",
        "--horizon",
        "60s",
    ],
    "optimize": [
        "optimize",
        SHOP,
        "--designs",
        "scaled out,hybrid",
        "--set",
        "run.warmup=1s",
        *SHORT,
        "--budget",
        "12",
    ],
    "sensitivity": [
        "sensitivity",
        SHOP,
        "--vary",
        "services.shop.cores=4..8",
        "--vary",
        "clients.customers.rate=200/s..600/s",
        "--trajectories",
        "2",
        *SHORT,
        "--warmup",
        "1s",
        "--replications",
        "2",
    ],
    "gate": ["gate", SHOP, "--baseline", SHOP, "--allow", "p99=7%", *SHORT, "--replications", "2"],
    "sweep": ["sweep", SHOP, *SWEEP],
}


def archsim(*arguments: str) -> str:
    done = subprocess.run(["archsim", *arguments], cwd=MODELS, capture_output=True, text=True)
    assert done.returncode in (0, 4, 5), done.stderr
    return done.stdout


def validator(record: str) -> jsonschema.Draft202012Validator:
    schema = json.loads(archsim("schema", "--record", record))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    archsim("sweep", SHOP, *SWEEP, "--dir", str(folder))
    return folder


def lines_of_csv(path: Path) -> tuple[list[str], list[dict]]:
    """The comments of a file, and its lines with numbers as numbers where they are some."""
    text = path.read_text().splitlines()
    return text[:2], [{name: cell or None for name, cell in line.items()} for line in csv.DictReader(text[2:])]


def lines_of_parquet(path: Path) -> tuple[dict, list[dict]]:
    table = pyarrow.parquet.read_table(path)
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    return metadata, table.to_pylist()


@pytest.mark.parametrize("record", ANSWERS)
def test_an_answer_keeps_to_its_schema_and_says_where_it_comes_from(record):
    answer = json.loads(archsim(*ANSWERS[record], "--format", "json"))
    validator(record).validate(answer)
    summary = answer.get("summary", answer)
    origin = summary.get("origin", summary)
    assert origin["command"].startswith(f"archsim {ANSWERS[record][0]} ")
    assert origin["version"] and origin["seed"] == 1
    assert len(origin.get("model_hash") or summary["designs"][0]["model_hash"]) == 16
    # The command is complete: it gives the same once more.
    assert json.loads(again(origin["command"])) == answer


def again(command: str) -> str:
    done = subprocess.run(["sh", "-c", f"{command} --format json"], cwd=MODELS, capture_output=True, text=True)
    assert done.returncode in (0, 4, 5), done.stderr
    return done.stdout


def test_lines_of_json_keep_to_their_schemas(study):
    head, *points = map(json.loads, (study / "points.jsonl").read_text().splitlines())
    validator("head").validate(head)
    assert len(points) == head["points_in_all"] == 6
    for point in points:
        validator("point").validate(point)
    validator("sweep").validate(json.loads((study / "sweep.json").read_text()))


@pytest.mark.parametrize(("name", "record"), [("points", "wide"), ("numbers", "number"), ("trials", "trial")])
def test_tables_keep_to_their_schemas_and_are_the_same_in_csv_and_parquet(study, name, record):
    comments, text = lines_of_csv(study / f"{name}.csv")
    metadata, columns = lines_of_parquet(study / f"{name}.parquet")
    keeps_to = validator(record)
    origin = json.loads((study / "sweep.json").read_text())["origin"]
    assert metadata["archsim.command"] == origin["command"] == comments[1].removeprefix("# ")
    assert comments[0] == "# archsim {version}, model {model_hash}, seed {seed}".format(**origin)
    assert [metadata[f"archsim.{key}"] for key in ("version", "model", "seed")] == [
        origin["version"],
        origin["model_hash"],
        str(origin["seed"]),
    ]
    assert len(text) == len(columns) > 0 and list(text[0]) == list(columns[0])
    for written, read in zip(text, columns):
        keeps_to.validate(read)
        for key, cell in read.items():
            if key == "clients.customers.rate":
                assert written[key] == f"{cell:g}/s"
            elif isinstance(cell, float):
                assert float(written[key]) == cell and math.isfinite(cell)
            else:
                assert written[key] == (cell if cell is None else str(cell))


def test_formats_on_stdout_are_those_of_the_directory(study):
    for form, name in [("parquet", "points.parquet"), ("long-parquet", "numbers.parquet")]:
        done = subprocess.run(
            ["archsim", "sweep", SHOP, *SWEEP, "--format", form], cwd=MODELS, capture_output=True, check=True
        )
        assert done.stdout == (study / name).read_bytes()


def test_a_schema_refuses_what_is_not_its_record(study):
    point = json.loads((study / "points.jsonl").read_text().splitlines()[1])
    keeps_to = validator("point")
    for field in ("index", "settings", "replications"):
        assert not keeps_to.is_valid({name: value for name, value in point.items() if name != field})
    point["design"]["all"]["p99"]["status"] = "maybe"
    assert not keeps_to.is_valid(point)
    _, trials = lines_of_parquet(study / "trials.parquet")
    assert not validator("trial").is_valid({**trials[0], "value": "much"})
