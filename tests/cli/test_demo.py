from __future__ import annotations

import json
from pathlib import Path

import pytest

from sspd.cli import demo as demo_module


@pytest.mark.slow
def test_the_demo_writes_video_truth_and_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_module, "DEMO_S", 12.0)
    demo_module.demo(out=tmp_path / "d", show=False)
    (row,) = json.loads((tmp_path / "d" / "result.json").read_text(encoding="utf-8"))
    page = (tmp_path / "d" / "result.html").read_text(encoding="utf-8")
    assert row["accepted"]
    assert f"{row['hr_bpm']:.1f}" in page
    assert "data:image/png" in page
    assert (tmp_path / "d" / "result.png").read_bytes()[:4] == b"\x89PNG"
    out = capsys.readouterr().out
    written = [line.split()[1] for line in out.splitlines() if line.startswith("wrote")]
    assert all(Path(path).is_file() for path in written)
    assert len(written) == 4
    assert "Not a medical device" in out
