"""One contract for every command: it explains itself, and bad input ends well."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from sspd.cli.main import app, run

#: Every command once: input that cannot be right, the exit code, and what the one line
#: on standard error names. A new command needs a row here.
BAD_INPUT: dict[str, tuple[list[str], int, str]] = {
    "ablate": (["v", "ubfc-rppg:missing", "--out", "grid"], 1, "missing"),
    "benchmark": (["--json", "missing/costs.json"], 1, "missing"),
    "calibrate": (["missing.safetensors", "--out", "new"], 1, "missing.safetensors"),
    "check": (["missing"], 1, "missing"),
    "datasets": (["attic"], 2, "attic"),
    "demo": (["--out", "a-file/demo"], 1, "a-file"),
    "evaluate": (["ubfc-rppg:missing", "--out", "scores"], 1, "missing"),
    "explain": (["missing.mp4", "--plot", "out.png"], 1, "missing.mp4"),
    "export": (["out.onnx", "--weights", "missing.safetensors"], 1, "missing.safetensors"),
    "import": (["missing.pth"], 1, "missing.pth"),
    "live": (["--source", "missing.mp4"], 1, "missing.mp4"),
    "measure": (["missing.mp4"], 1, "missing.mp4"),
    "methods": (["too-much"], 2, "too-much"),
    "serve": (["--folder", "a-file/serve", "--method", "pos", "--port", "0"], 1, "a-file"),
    "simulate": (["videos", "--preset", "martian"], 2, "martian"),
    "train": (["missing"], 1, "missing"),
}
#: More that cannot be right, found before any work starts.
WRONG_USAGE = [
    ["live", "--camera", "0", "--source", "a.mp4"],
    ["live", "--camera", "ftp://a/b"],
    ["live", "--seconds", "3"],
    ["live", "--box", "1,2"],
    ["live", "--method", "magic"],
    ["measure"],
    ["measure", "a.mp4", "--window", "-3"],
    ["measure", "a.mp4", "--window", "ten"],
    ["measure", "a.mp4", "--start", "5", "--end", "4"],
    ["measure", "a.mp4", "--box", "1,2,3"],
    ["measure", "a.mp4", "--box", "9,9,3,3"],
    ["measure", "a.mp4", "--method", "magic"],
    ["measure", "a.mp4", "--method", "pos", "--weights", "b.onnx"],
    ["measure", "a.mp4", "--precision", "f8"],
    ["demo", "--hr", "500"],
    ["simulate"],
    ["simulate", "videos", "--n", "0"],
    ["simulate", "videos", "--size", "641x480"],
    ["simulate", "videos", "--size", "big"],
    ["simulate", "videos", "--layout", "attic"],
    ["simulate", "videos", "--fps", "0"],
    ["train"],
    ["train", ".", "--recipe", "soup"],
    ["train", ".", "--select", "first"],
    ["train", ".", "--steps", "0"],
    ["train", ".", "--protocol", "ubfc-30-12"],
    ["train", ".", "--precision", "f8"],
    ["train", ".", "--device", "abacus"],
    ["calibrate"],
    ["calibrate", "--out", "new", "--method", "tea"],
    ["calibrate", "--out", "new", "--seconds", "2"],
    ["calibrate", "w.onnx", "--out", "new", "--method", "pos"],
    ["check"],
    ["check", "attic:."],
    ["check", "ubfc-rppg:"],
    ["check", ".", "--jobs", "0"],
    ["check", ".", "--json", "a.json", "--index", "a.json"],
    ["datasets", "ubfc-rppg", "vipl-hr"],
    ["import"],
    ["export"],
    ["ablate", "v"],
    ["ablate", "ix", "folder:.", "--out", "grid"],
    ["benchmark", "--method", "tea"],
    ["benchmark", "--runtime", "abacus"],
    ["benchmark", "--frames", "10"],
    ["evaluate"],
    ["evaluate", "videos", "--out", "scores"],
    ["evaluate", "ubfc-rppg:x", "--out", "scores", "--scoring", "dice"],
    ["evaluate", "ubfc-rppg:x", "--out", "scores", "--protocol", "coin"],
    ["evaluate", "ubfc-rppg:x", "--out", "scores", "--method", "pos", "--weights", "w.onnx"],
    ["evaluate", "ubfc-rppg:x", "--out", "scores", "--method", "pos,pos"],
    ["evaluate", "ubfc-rppg:x", "--out", "scores", "--method", "pos,tea"],
    ["evaluate", "ubfc-rppg:x", "--out", "scores", "--steps", "3"],
    ["evaluate", "ubfc-rppg:x", "--out", "scores", "--train-on", "ubfc-rppg:y"],
    ["evaluate", "ubfc-rppg:x", "--out", "scores", "--protocol", "2-fold", "--recipe", "soup"],
    ["train", "ubfc-rppg:x", "--fold", "2"],
    ["serve", "--host", "0.0.0.0"],
    ["serve", "--token-file", "missing"],
    ["serve", "--tls-cert", "cert.pem"],
    ["serve", "--proxy", "everybody"],
    ["serve", "--jobs", "0"],
    ["serve", "--keep", "0"],
    ["serve", "--keep", "nan"],
    ["serve", "--port", "70000"],
    ["serve", "--method", "magic"],
    ["serve", "--precision", "f8"],
    ["brew"],
    ["--brew"],
]


def _commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


COMMANDS = _commands()


@pytest.fixture
def sspd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Run `sspd` with arguments in an empty folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    # Wide enough that no option or message is broken over two lines.
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sspd", *arguments])
        with pytest.raises(SystemExit) as end:
            run()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return call


def test_every_command_has_its_row() -> None:
    assert BAD_INPUT.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_and_options_explain_themselves(name: str) -> None:
    command = COMMANDS[name]
    assert len(command.help.splitlines()[0]) > 20
    silent = [param.name for param in command.params if not getattr(param, "help", None)]
    assert not silent, f"sspd {name}: no help for {silent}"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_whole_at_80_columns(name: str, sspd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of the text is broken in the middle, no default is taken for markup and lost."""
    command = COMMANDS[name]
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = sspd(name, "--help")
    lines = [line.strip() for line in out.splitlines()]
    assert all(line.strip() in lines for line in command.help.splitlines()[1:])
    shown = " ".join(out.replace("\u2502", " ").split())
    for param in command.params:
        text = getattr(param, "help", "")
        assert not text or "[" not in text, f"{name} {param.name}: taken for markup"
        if isinstance(getattr(param, "show_default", None), str):
            assert f"[default: ({param.show_default})]" in shown


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_every_option(name: str, flag: str, sspd: Any) -> None:
    code, out, err = sspd(name, flag)
    assert (code, err) == (0, "")
    assert COMMANDS[name].help.splitlines()[0] in out
    for param in COMMANDS[name].params:
        if param.param_type_name == "option":
            assert param.opts[0] in out


def test_help_names_every_command_and_the_limit(sspd: Any) -> None:
    code, out, _ = sspd("--help")
    assert code == 0
    assert "Not a medical device" in out
    for name in COMMANDS:
        assert f" {name} " in out


def test_version(sspd: Any) -> None:
    import sspd as package

    assert sspd("--version") == (0, f"sspd {package.__version__}\n", "")


def test_methods_are_listed_with_citations(sspd: Any) -> None:
    from sspd.methods import method_names

    code, out, _ = sspd("methods")
    assert code == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[::2]] == list(method_names())
    assert all("needs " in line for line in lines[::2])
    assert all(line.split()[0] == "cite" for line in lines[1::2])
    assert all("20" in line for line in lines[1::2])  # a year


def test_datasets_are_listed_and_shown(sspd: Any) -> None:
    from sspd.research.datasets.table import DATASETS, get_dataset
    from sspd.research.evaluate import PROTOCOLS

    code, out, _ = sspd("datasets")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line[:1] != " "] == list(DATASETS)
    for name in DATASETS:
        dataset = get_dataset(name)
        code, card, _ = sspd("datasets", name)
        assert code == 0
        for fact in (dataset.title, dataset.licence, dataset.citation):
            assert fact in out and fact in card
        assert all(line.strip() in card for line in dataset.tree.splitlines())
        assert all(defect.source in card for defect in dataset.defects)
        own = [one for one in PROTOCOLS.values() if one.dataset == name]
        assert all(f"split    {one.name}: {one.source}" in card for one in own)


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_one_line_and_an_exit_code(name: str, sspd: Any, tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    arguments, expected, named = BAD_INPUT[name]
    code, _, err = sspd(name, *arguments)
    assert code == expected
    assert named in err
    assert "Traceback" not in err
    if code == 1:
        assert len(err.splitlines()) == 1
        assert err.startswith("sspd: ")
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_is_2_and_leaves_nothing(
    arguments: list[str], sspd: Any, tmp_path: Path
) -> None:
    code, _, err = sspd(*arguments)
    assert code == 2, err
    assert err.strip()
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())
