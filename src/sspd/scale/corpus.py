"""Measure a corpus: videos of folders, lists and object stores, here or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sspd.errors import UsageError
from sspd.face.chunker import SEGMENT_S
from sspd.methods.method import Method
from sspd.pipeline.batch.journal import Journal
from sspd.pipeline.batch.result import BatchResult
from sspd.pipeline.loading import load_method
from sspd.pipeline.parts.plan import PART_S
from sspd.scale.inputs import carried_columns, list_rows, with_facts
from sspd.scale.local_engine import measure_here
from sspd.scale.long_videos import measure_in_parts
from sspd.scale.results import OWN_OUTPUTS, WHOLE_OUTPUTS, check_outputs, write_results
from sspd.scale.run import CorpusRun, Engine
from sspd.scale.summary import CorpusSummary
from sspd.types import MeasureOptions
from sspd.types.arguments import BoxLike, Source, face_box, source_list, source_path
from sspd.utils.addresses import scheme_of
from sspd.utils.stores import Stores

#: Engines that can measure videos.
ENGINES = ("local", "ray")


@dataclass(frozen=True)
class CorpusOptions:
    """Engine and outputs of a corpus, beside `MeasureOptions`."""

    engine: str = "local"
    address: str | None = None
    """Address of a Ray cluster; None: a cluster of this machine alone, for this run."""
    jobs: int = 0
    limit_s: float | None = None
    allow_http: bool = False
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Kind to place, path or address."""
    split_s: float = PART_S
    """Least length of the parts of long videos, seconds; 0: videos are measured as a whole."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise UsageError(f"the engine is one of {', '.join(ENGINES)}, not {self.engine!r}")
        if self.address is not None and self.engine != "ray":
            raise UsageError("an address is that of a Ray cluster: it needs the engine ray")
        if self.jobs < 0:
            raise UsageError(f"jobs must be 0 or more, got {self.jobs}")
        if self.limit_s is not None and not self.limit_s > 0:
            raise UsageError(f"a video may take more than 0 s, got a limit of {self.limit_s} s")
        if self.split_s and not self.split_s >= SEGMENT_S:
            least = f"parts have {SEGMENT_S:g} s or more, or 0 for none"
            raise UsageError(f"{least}; got {self.split_s} s")
        known = (*WHOLE_OUTPUTS, *OWN_OUTPUTS)
        if unknown := sorted(self.outputs.keys() - set(known)):
            raise UsageError(f"an output is one of {', '.join(known)}, not {unknown[0]!r}")


def measure_corpus(
    sources: Source | Iterable[Source],
    *,
    engine: str = "ray",
    address: str | None = None,
    jobs: int = 0,
    outputs: Mapping[str, str | Path] | None = None,
    journal: Journal | None = None,
    method: str = "sspd",
    weights: str | Path | None = None,
    window_s: float = 30.0,
    step_s: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    fps: float | None = None,
    box: BoxLike | None = None,
    every_face: bool = False,
    precision: str = "f32",
    smooth: bool = False,
    min_confidence: float | None = None,
    limit_s: float | None = None,
    split_s: float = PART_S,
    allow_http: bool = False,
    on_result: Callable[[BatchResult], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> CorpusSummary:
    """Measure the videos of folders, lists and object stores, on a cluster or on this machine.

    Memory does not grow with the number of videos: they are listed while they are measured, and
    results are kept on the disk until they are written in the order of the videos.

    Parameters
    ----------
    sources : path or address, or iterable of them
        Videos and folders; lists (``.csv``, ``.parquet``) with a column ``video``, whose other
        columns are carried along; addresses ``s3://``, ``gs://`` and ``az://`` of videos, lists
        and folders.
    engine : str
        ``ray``, or ``local``: processes of this machine.
    address : str, optional
        Of a Ray cluster; None: Ray is started here, for this run.
    jobs : int
        Videos measured at a time; 0: as many as the machine or the cluster has cores for.
    outputs : mapping of str to path or address, optional
        ``json``, ``csv``: files of all results. ``parquet``: folder of shards. ``signal``,
        ``plot``, ``page``: one file a video, ``NAME-VIDEO.EXT``.
    journal : Journal, optional
        On this machine. What stands in it is not measured again if it resumes.
    method, weights, window_s, step_s, start_s, end_s, fps, box, every_face, precision
        See `sspd.measure_many`. On a cluster the weights are a file that every node has.
    smooth, min_confidence, limit_s
        See `sspd.measure_many`.
    split_s : float
        Videos of twice this length or more are cut into parts of at least this length, seconds,
        30 or more, which several workers measure; the result is that of the whole. 0: none are.
    allow_http : bool
        Whether addresses of web servers (``https://``) may be opened.
    on_result : callable, optional
        Called with each result as it comes, without its waveform.
    note : callable, optional
        Called with one line about each event of a worker.

    Returns
    -------
    CorpusSummary

    Raises
    ------
    SSPDError
        An argument that cannot be right, an output that cannot be written, a cluster that cannot
        be reached.
    KeyboardInterrupt
        After Ctrl-C, when the results so far are written.

    >>> print(measure_corpus("no_such_video.mp4", engine="local", method="pos"))
    1 videos: 0 measured, 0 without a reliable pulse, 1 failed
    """
    options = MeasureOptions(
        method=method,
        weights=None if weights is None else source_path(weights),
        precision=precision,
        window_s=window_s,
        step_s=step_s,
        start_s=start_s,
        end_s=end_s,
        fps=fps,
        box=face_box(box),
        every_face=every_face,
        smooth=smooth,
        min_confidence=min_confidence,
    )
    places = {kind: str(place) for kind, place in (outputs or {}).items()}
    how = CorpusOptions(engine, address, jobs, limit_s, allow_http, places, split_s)
    names = _source_texts(sources)
    summary = run_corpus(names, options, how, journal=journal, on_result=on_result, note=note)
    if summary.interrupted:
        raise KeyboardInterrupt
    return summary


def _source_texts(sources: Source | Iterable[Source]) -> list[str]:
    if isinstance(sources, str) and scheme_of(sources) is not None:
        return [sources]
    return source_list(sources)


def run_corpus(
    sources: list[str],
    options: MeasureOptions,
    how: CorpusOptions,
    *,
    journal: Journal | None = None,
    on_result: Callable[[BatchResult], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> CorpusSummary:
    """Measure a corpus; after Ctrl-C too, the results so far are written.

    Parameters
    ----------
    sources : list of str
        Paths and addresses.
    options : MeasureOptions
    how : CorpusOptions
    journal, on_result, note
        See `measure_corpus`.

    Returns
    -------
    CorpusSummary
        ``interrupted`` after Ctrl-C.

    Raises
    ------
    SSPDError
        See `measure_corpus`.
    """
    stores = Stores(how.allow_http)
    ready = load_method(options)
    columns = carried_columns(sources, stores)
    check_outputs(how.outputs, stores)
    run = CorpusRun(
        rows=with_facts(list_rows(sources, stores), stores),
        outputs={kind: place for kind, place in how.outputs.items() if kind in OWN_OUTPUTS},
        options=options,
        method=ready,
        allow_http=how.allow_http,
        journal=journal,
        on_result=on_result,
    )
    with closing(run.spool):
        placing = _engine(options, ready, how, stores, note)
        if how.split_s:
            placing = partial(measure_in_parts, placing, how.split_s, options.every_face)
        summary = run.measure(placing)
        write_results(run.spool, columns, how.outputs, stores)
    return summary


def _engine(
    options: MeasureOptions,
    method: Method,
    how: CorpusOptions,
    stores: Stores,
    note: Callable[[str], object] | None,
) -> Engine:
    if how.engine == "local":
        return partial(measure_here, options, method, how.jobs, how.limit_s, stores)
    from sspd.scale.ray_engine import measure_on_ray
    from sspd.scale.scheduler import RaySettings

    settings = RaySettings(how.address, how.jobs, how.limit_s, how.allow_http)
    return partial(measure_on_ray, options, method, settings, note or _nothing)


def _nothing(line: str) -> None:
    pass
