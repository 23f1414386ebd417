"""What a method is: faces in, a waveform out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sspd.types import ConfidenceSpec, Frames, Signal

#: What a method needs of a video: three colours that differ, or any light (also infrared).
COLOUR, ANY_LIGHT = "colour", "any light"
#: What the needs of networks begin with.
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
    """A way from faces to a waveform.

    Parameters
    ----------
    name : str
    citation : str
        Where it was published.
    fs : float
        Rate of the waveforms it gives, Hz.
    size : int
        Side of the face crops it wants, pixels.
    run : callable
        Face crops of one fixed box, in pieces of any length (an iterable of `Frames`,
        in order, none twice), become a `Signal` that rises with the blood volume, or
        None where there are too few pictures for one. It takes a piece when it has
        served the one before, so that a long video is never held whole.
    weights : str or None
        Name of the weights it uses; None: it uses none.
    confidence : ConfidenceSpec or None
        How the evidence for its readings is weighed; None: not calibrated.
    needs : str
        What a video must have. A method of colour gives a flat line for a grey video.
    prepare : callable or None
        Does beforehand what the first frames would wait for.
    stages : Stages or None
        What ``run`` consists of. A method without them can be measured as any other; while a
        video is still running it tells no rate.
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


@dataclass(frozen=True)
class MethodEntry:
    """What the registry knows of a method before it is loaded.

    Parameters
    ----------
    name : str
        How users call it.
    citation : str
        Where it was published: authors, title, venue, year.
    build : callable
        Makes the method ready to run. Where `needs` begins with ``weights`` it is called with
        ``weights``, ``precision`` and ``threads``, see `sspd.methods.get_method`; otherwise
        without arguments.
    needs : str
        What a video must have: `COLOUR`, `ANY_LIGHT`, or ``weights`` and what else.
    """

    name: str
    citation: str
    build: Callable[..., Method]
    needs: str = COLOUR
