"""Executes every notebook and holds what it prints against what is committed.

`UPDATE_EXPECT=1 cargo xtask test notebooks` writes what they print now.
"""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs that it has now, and nothing that differs from run to run."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}})
    client.execute()
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [without_noise(output) for output in cell.outputs]
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def without_noise(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Pandas names its style sheets at random."""
    for kind, text in output.get("data", {}).items():
        if kind == "text/html":
            output.data[kind] = re.sub(r"<style scoped>.*?</style>\n?", "", text, flags=re.DOTALL)
    return output


def told(cell: nbformat.NotebookNode) -> list:
    """What a cell prints. A picture's bytes depend on the machine's arithmetic; its numbers are told in tables."""

    def of(output):
        data = {
            kind: "a picture" if kind.startswith("image/") else text for kind, text in output.get("data", {}).items()
        }
        return output.output_type, output.get("text"), data

    return [of(output) for output in cell.get("outputs", [])]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_outputs_are_as_committed(path):
    committed, now = nbformat.read(path, as_version=4), executed(path)
    if os.environ.get("UPDATE_EXPECT"):
        nbformat.write(now, path)
        return
    for number, (old, new) in enumerate(zip(committed.cells, now.cells, strict=True)):
        assert told(old) == told(new), f"cell {number} of {path.name}:\n{old.source}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_nothing_of_one_machine_or_run_is_committed(path):
    notebook = nbformat.read(path, as_version=4)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1)), "run it from top to bottom"
    printed = str([told(cell) for cell in notebook.cells])
    for noise in [str(FOLDER.parent), str(Path.home()), os.sep + "tmp" + os.sep, "stderr", "Traceback"]:
        assert noise not in printed, f"{noise} is in an output of {path.name}"
    assert not any(cell.metadata for cell in notebook.cells)
