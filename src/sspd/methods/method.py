"""The interface of a method: face crops in, a pulse waveform out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sspd.types import ConfidenceSpec, EqualizerSpec, Frames, Signal

#: Requirements of a method on the video: three different colour channels, or any light (also
#: infrared).
COLOUR, ANY_LIGHT = "colour", "any light"
#: First word of the requirements of methods that are networks.
WEIGHTS = "weights"


#: Is given the waveform so far, whenever about a second of it is new; its last samples may
#: still change.
OnSignal = Callable[[Signal], object]


@dataclass(frozen=True)
class Stages:
    """The two halves of a method, which may run side by side, and tell how far it is.

    Parameters
    ----------
    waveform : callable
        Maps chunks of prepared crops and an `OnSignal` (or None) to what `Method.run` gives.
    crops : callable or None
        Prepares chunks of crops one by one, such as stabilizing the head; None: nothing.
    ahead : int
        How many prepared chunks may wait for ``waveform``.
    """

    waveform: Callable[[Iterable[Frames], OnSignal | None], Signal | None]
    crops: Callable[[Iterable[Frames]], Iterable[Frames]] | None = None
    ahead: int = 1

    def run(self, faces: Iterable[Frames]) -> Signal | None:
        """Run both, one after the other, as `Method.run` does.

        Parameters
        ----------
        faces : iterable of Frames

        Returns
        -------
        Signal or None
        """
        return self.waveform(faces if self.crops is None else self.crops(faces), None)


@dataclass(frozen=True)
class Method:
    """A method that computes a pulse waveform from face crops.

    Parameters
    ----------
    name : str
    citation : str
        Publication: authors, title, venue, year.
    fs : float
        Rate of its waveforms, Hz.
    size : int
        Side of the square face crops that it takes, pixels.
    run : callable
        Maps face crops of one fixed box, in chunks of any length (an iterable of `Frames`, in
        order), to a `Signal` that rises with the blood volume, or to None if there are too
        few frames. It must take a chunk only after it has processed the one before, so that a
        long video is never held in memory.
    weights : str or None
        Name of its weights; None for a method without weights.
    confidence : ConfidenceSpec or None
        Weights of the quality features in the confidence; None if it is not calibrated.
    needs : str
        Requirement on the video. A method that needs colour returns a constant waveform for
        a grey video.
    prepare : callable or None
        Preparation that can run before the first frames arrive, such as compilation.
    stages : Stages or None
        The parts of ``run``. A method without them can be measured like any other, but gives no
        updates while a video is running.
    equalizer : EqualizerSpec or None
        Gives the waveform of ``run`` the shape of a pulse (`sspd.signal.equalize_signal`), after
        the rates were read; None: it has that shape.
    """

    name: str
    citation: str
    fs: float
    size: int
    run: Callable[[Iterable[Frames]], Signal | None]
    weights: str | None = None
    confidence: ConfidenceSpec | None = None
    needs: str = COLOUR
    prepare: Callable[[], object] | None = None
    stages: Stages | None = None
    equalizer: EqualizerSpec | None = None


@dataclass(frozen=True)
class MethodEntry:
    """Entry of the registry of methods, known before the method is loaded.

    Parameters
    ----------
    name : str
        Name by which users choose it.
    citation : str
        Publication: authors, title, venue, year.
    build : callable
        Returns the method, ready to run. If `needs` begins with ``weights``, it is called with
        the keywords ``weights``, ``precision`` and ``threads`` of `sspd.methods.get_method`,
        otherwise without arguments.
    needs : str
        Requirement on the video: `COLOUR`, `ANY_LIGHT`, or a text that begins with
        ``weights``.
    """

    name: str
    citation: str
    build: Callable[..., Method]
    needs: str = COLOUR
