"""What is public is listed, sorted, there; and importing it stays cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import sspd

SOURCE = Path(sspd.__file__).parent
#: Every room that is a package and says what is public.
PACKAGES = sorted(
    ".".join(["sspd", *path.parent.relative_to(SOURCE).parts])
    for path in SOURCE.rglob("__init__.py")
    if path.parent != SOURCE and "__all__" in path.read_text(encoding="utf-8")
)
#: The rooms, and modules of rooms, that may import torch when they are imported.
NEEDS_TORCH = (
    *("sspd.research.losses", "sspd.models", "sspd.research.train"),
    *("sspd.research.views.device_grid", "sspd.research.views.disturb"),
    *("sspd.research.views.lga", "sspd.research.views.mdm"),
    *("sspd.accel.torch_convolution", "sspd.accel.torch_norm"),
    *("sspd.network.export", "sspd.network.nano_export", "sspd.network.features"),
    *("sspd.research.evaluate.cost", "sspd.research.views.harder"),
    *("sspd.research.evaluate.layer_cam", "sspd.research.evaluate.operation_count"),
)
#: Modules of those rooms that say what a network is, without one.
WITHOUT_TORCH = (
    *("sspd.models.baseline_spec", "sspd.models.header", "sspd.models.nano_spec"),
    "sspd.models.spec",
)
#: What neither `import sspd` nor `sspd --help` may load: each costs a tenth of a second
#: or more, and torch is not even there in the base install.
HEAVY = ("av", "cv2", "dlib", "matplotlib", "numpy", "openvino", "scipy", "torch")


def _style(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions, as ruff sorts ``__all__``."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


def _loaded_after(statement: str) -> set[str]:
    """Top-level packages that a fresh Python holds after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    # -S would hide the package; -I keeps the working folder and PYTHON* out, so the path
    # of the package is given in the code.
    path = f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r})\n"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", path + code], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split("\n")[-2].split())


def _modules() -> list[str]:
    names = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        names.append(".".join(["sspd", *(part for part in parts if part != "__init__")]))
    return names


def test_public_names_are_sorted_and_lead_somewhere() -> None:
    assert sspd.__all__ == sorted(set(sspd.__all__))
    assert {*sspd._HOMES, "__version__"} == set(sspd.__all__)
    assert dir(sspd) == sspd.__all__
    for name, home in sspd._HOMES.items():
        assert getattr(sspd, name) is getattr(import_module(home), name)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    homes = {
        alias.asname: node.module
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert homes == sspd._HOMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="heart_rate"):
        _ = sspd.heart_rate


@pytest.mark.parametrize("package", PACKAGES)
def test_rooms_list_what_they_import(package: str) -> None:
    module = import_module(package)
    listed = list(module.__all__)
    assert listed == sorted(set(listed), key=_style)
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }
    assert imported <= set(listed)
    for name in listed:
        assert getattr(module, name, None) is not None


def test_importing_sspd_loads_nothing_heavy() -> None:
    assert not _loaded_after("import sspd") & set(HEAVY)


def test_asking_for_help_loads_nothing_heavy() -> None:
    ask = (
        "from sspd.cli.main import app\n"
        "try:\n    app(['--help'])\n"
        "except SystemExit as end:\n    assert not end.code, end.code"
    )
    assert not _loaded_after(ask) & set(HEAVY)


@pytest.mark.slow
def test_every_other_room_is_imported_without_torch() -> None:
    bases = [name for name in _modules() if not name.startswith(NEEDS_TORCH)]
    bases += WITHOUT_TORCH
    assert len(bases) > 50
    loaded = _loaded_after("\n".join(f"import {name}" for name in bases))
    assert "sspd" in loaded
    assert not loaded & {"h5py", "onnx", "tensorboard", "torch"}


@pytest.mark.parametrize("name", [n for n in _modules() if n.startswith(NEEDS_TORCH)])
def test_rooms_of_torch_can_be_imported(name: str) -> None:
    assert import_module(name).__doc__
