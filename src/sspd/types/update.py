"""Updates of a measurement in progress."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.types.frames import Box
from sspd.types.signal import Signal
from sspd.types.vitals import Vitals, WindowVitals


@dataclass(frozen=True, eq=False)
class Update:
    """State of one face at one moment of a video.

    Until it is final, it may be revised: the last seconds of a waveform change as more
    frames come, because filters and the network look ahead.

    Parameters
    ----------
    time_s : float
        Time of the last frame that it rests on, seconds.
    face_id : int
        Whose face.
    box : Box or None
        Where the face is; None: not seen now.
    window : WindowVitals or None
        The reading of the last seconds, at most one window long; None: there are not yet
        enough. Of a final update, the last window.
    reasons : tuple of str
        Why there is no rate; empty where it was accepted.
    hint : str or None
        What would help, in one sentence; None where the rate was accepted.
    signal : Signal or None
        The samples of the waveform that are new since the update before of this face;
        None: none.
    vitals : Vitals or None
        Of a final update, everything that was measured of this face.
    camera : str or None
        State of the camera, one of `sspd.video.camera.states.CAMERA_STATES`; None of a source
        that is none.

    >>> Update(3.0, 0, None, None, ("too_short",), "Record 8 s or more.", None).hr_bpm is None
    True
    """

    time_s: float
    face_id: int
    box: Box | None
    window: WindowVitals | None
    reasons: tuple[str, ...]
    hint: str | None
    signal: Signal | None
    vitals: Vitals | None = None
    camera: str | None = None

    @property
    def final(self) -> bool:
        """True if nothing of it will be revised."""
        return self.vitals is not None

    @property
    def hr_bpm(self) -> float | None:
        """The accepted heart rate, beats per minute: now, or of a final update, of all."""
        if self.vitals is not None:
            return self.vitals.hr_bpm
        return None if self.window is None else self.window.hr_bpm

    @property
    def confidence(self) -> float | None:
        """Confidence in the rate, 0 to 1; None: not known."""
        if self.vitals is not None:
            return self.vitals.confidence
        return None if self.window is None else self.window.confidence

    def __repr__(self) -> str:
        said = f"{self.hr_bpm:.1f} bpm" if self.hr_bpm is not None else ", ".join(self.reasons)
        kind = ", final" if self.final else ""
        return f"Update({self.time_s:.1f} s, face {self.face_id}, {said or 'no rate'}{kind})"
