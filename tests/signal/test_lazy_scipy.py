"""Half of the start-up was scipy: it comes when it is wanted."""

from __future__ import annotations

import subprocess
import sys


def test_scipy_comes_when_it_is_wanted() -> None:
    code = "import sys, sspd.pipeline, sspd.cli.measure; sys.exit('scipy.signal' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
