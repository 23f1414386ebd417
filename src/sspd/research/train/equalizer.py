"""Fit the equalizer of a network to simulated videos with a known pulse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import scipy
from numpy.typing import NDArray

from sspd.face.stabilize import crop_px, network_frames
from sspd.models.nano_spec import NanoSpec
from sspd.models.spec import NetworkSpec
from sspd.research.train.calibration_videos import equalizer_videos
from sspd.signal import fit_equalizer, integrate
from sspd.types import EqualizerSpec, Frames


def network_equalizer(
    output: Callable[[Frames], NDArray[np.float64]], spec: NetworkSpec | NanoSpec
) -> EqualizerSpec | None:
    """Fit the equalizer of a network whose sign and integration order are known.

    Parameters
    ----------
    output : callable
        Maps prepared face crops, on the network's time grid, to the network's raw output.
    spec : NetworkSpec or NanoSpec
        Its ``equalizer`` is ignored.

    Returns
    -------
    EqualizerSpec or None
        None if the output does not contain the pulse of the videos (`fit_equalizer`).
    """
    bare = replace(spec, equalizer=None)
    waveforms, pulses = [], []
    for crops, known in equalizer_videos(spec.fs, crop_px(spec.size, spec.follow)):
        faces = network_frames(crops, spec.size, spec.follow)
        wave = integrate(spec.polarity * output(faces), spec.fs, spec.summations)
        at_s = faces.t[0] + (bare.lag_steps + np.arange(wave.size)) / spec.fs
        # a straight line between two samples would weaken the harmonics; none beyond the last
        pulse = scipy.interpolate.CubicSpline(known.t, known.bvp)(np.minimum(at_s, known.t[-1]))
        waveforms.append(wave)
        pulses.append(pulse)
    return fit_equalizer(waveforms, pulses, spec.fs)
