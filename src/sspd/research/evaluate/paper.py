"""The paper's own tables, as printed, to compare with new results.

X. Zhang et al., "Self-similarity prior distillation for unsupervised remote physiological
measurement", Tables I to III. Numbers are stored as printed, with their number of digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

#: Mark: trained on VIPL-HR, tested on another dataset.
CROSS = "†"
#: Mark: fold 1 of VIPL-HR, clips of 160 frames.
FOLD_1 = "♦"
#: Mark: the paper reads these rates by another scoring than the one in use.
OTHERWISE = "‡"
#: Table -> the scoring that reads rates as that table does.
READ_AS = MappingProxyType({"I": "sspd", "II": "vipl", "III": "nest"})
#: Meaning of the marks, printed below tables.
MARKS = MappingProxyType(
    {
        OTHERWISE: "read by another scoring: Tables I and III as `--scoring sspd` and `nest` do,"
        f" Table II as `vipl`, its rows with {FOLD_1} as `sspd` in windows of 160 frames",
        CROSS: "trained on VIPL-HR, tested on this dataset",
        FOLD_1: "fold 1 of VIPL-HR, clips of 160 frames",
    }
)
NOT_GIVEN = "-"


@dataclass(frozen=True)
class PaperRow:
    """The paper's numbers of one method, quantity and dataset.

    Parameters
    ----------
    table : str
        ``"I"``, ``"II"`` or ``"III"``.
    dataset : str
        Its name in this package.
    quantity : str
        See `sspd.research.evaluate.QUANTITIES`.
    kind : str
        ``"traditional"``, ``"supervised"`` or ``"unsupervised"``.
    method : str
    mark : str
        `CROSS`, `FOLD_1` or empty.
    printed : mapping of str to str
        Metric -> number as printed; metrics that the paper does not give are missing.

    >>> row = paper_rows("pure", "pure-hr-cnn", "sspd", cross=False)[-1]
    >>> row.label, row.printed["mae"]
    ('SSPD-L3 (paper)', '0.53')
    """

    table: str
    dataset: str
    quantity: str
    kind: str
    method: str
    mark: str
    printed: Mapping[str, str]
    otherwise: bool = False
    """Return whether the scoring in use reads rates in another way than this row."""

    @property
    def marks(self) -> str:
        """All marks of this row."""
        return self.mark + (OTHERWISE if self.otherwise else "")

    @property
    def label(self) -> str:
        """Method name, its marks, and ``(paper)``."""
        return f"{self.method}{self.marks} (paper)"

    @property
    def values(self) -> dict[str, float]:
        """The numbers of this row by metric."""
        return {name: float(text) for name, text in self.printed.items()}


_KINDS = {"T": "traditional", "S": "supervised", "U": "unsupervised"}

#: Kind, method with its mark, then MAE, RMSE and R on UBFC-rPPG, on PURE and on MR-NIRP.
_TABLE_1 = """
T GREEN           8.33 10.88 0.48  5.83 10.64 0.59  -    -     -
T POS             7.80 11.44 0.62  2.99 4.79  0.94  -    -     -
T CHROM           6.69 8.82  0.82  4.17 6.26  0.92  -    -     -
T ICA             5.63 8.53  0.71  2.59 4.23  0.94  -    -     -
S CAN             -    -     -     1.27 3.06  0.97  7.78 16.8  -0.03
S HR-CNN          -    -     -     1.84 2.37  0.98  -    -     -
S SynRhythm       5.59 6.82  0.72  -    -     -     -    -     -
S PhysNet         -    -     -     2.1  2.6   0.99  3.07 7.55  0.655
S PulseGAN        1.19 2.10  0.98  -    -     -     -    -     -
S Dual-GAN        0.44 0.67  0.99  0.82 1.31  0.99  -    -     -
S Nowara2021      -    -     -     -    -     -     2.34 4.46  0.85
U RemotePPG       1.85 4.28  0.93  2.3  2.9   0.99  4.75 9.14  0.61
U Contrast-Phys   0.64 1.00  0.99  1.00 1.40  0.99  2.68 4.77  0.85
U SSPD-L3         0.50 0.71  0.99  0.53 1.16  0.99  2.65 3.66  0.94
U RemotePPG†      4.67 8.75  0.72  2.22 3.82  0.96  7.93 11.01 0.05
U Contrast-Phys†  1.90 3.30  0.95  3.07 4.85  0.94  5.73 9.18  0.18
U SSPD-L3†        1.08 1.81  0.99  1.24 1.77  0.99  3.52 6.21  0.73
"""

#: Kind, method with its mark, then SD, MAE, RMSE and R on VIPL-HR.
_TABLE_2 = """
T GREEN           8.93  11.34 14.41 0.16
T POS             11.57 15.89 19.63 0.52
T CHROM           11.39 13.88 17.93 0.45
T ICA             9.75  10.68 14.44 0.17
S PhysNet         14.9  10.8  14.8  0.20
S DeepPhys        13.6  11.0  13.8  0.11
S RhythmNet       8.11  5.30  8.14  0.76
S PhysFormer      7.74  4.97  7.79  0.78
S Dual-GAN        7.63  4.93  7.68  0.81
U ViViT♦          14.15 10.75 14.20 -0.039
U SSPD-L3-160♦    9.69  8.37  12.79 0.54
U RemotePPG       10.85 8.50  13.76 0.31
U Contrast-Phys   8.04  8.80  11.92 0.24
U SSPD-L3         7.42  6.04  9.56  0.59
"""

#: Kind, method, then SD, RMSE and R of LF, of HF, of LF/HF and of RF on UBFC-rPPG.
_TABLE_3 = """
T GREEN          .186 .186 .280  .186 .186 .280  .361 .365 .492  .087 .086 .111
T POS            .171 .169 .479  .171 .169 .479  .405 .399 .518  .109 .107 .087
T CHROM          .214 .378 .188  .214 .378 .188  .631 .800 .151  .091 .092 .074
T ICA            .243 .240 .159  .243 .240 .159  .655 .645 .226  .086 .089 .102
S CVD            .053 .065 .740  .053 .065 .740  .169 .168 .812  .017 .018 .252
S Dual-GAN       .034 .035 .891  .034 .035 .891  .131 .136 .881  .010 .010 .395
U RemotePPG      .091 .139 .694  .091 .139 .694  .525 .691 .684  .061 .098 .103
U Contrast-Phys  .050 .098 .798  .050 .098 .798  .205 .395 .782  .055 .083 .347
U SSPD-L3        .047 .062 .822  .047 .062 .822  .282 .318 .806  .044 .042 .361
"""

#: Table -> its text, the metrics of one block, and dataset and quantity of each block.
_LAYOUT = MappingProxyType(
    {
        "I": (
            _TABLE_1,
            ("mae", "rmse", "r"),
            (("ubfc-rppg", "hr_bpm"), ("pure", "hr_bpm"), ("mr-nirp", "hr_bpm")),
        ),
        "II": (_TABLE_2, ("sd", "mae", "rmse", "r"), (("vipl-hr", "hr_bpm"),)),
        "III": (
            _TABLE_3,
            ("sd", "rmse", "r"),
            (
                ("ubfc-rppg", "lf_nu"),
                ("ubfc-rppg", "hf_nu"),
                ("ubfc-rppg", "lf_hf"),
                ("ubfc-rppg", "respiration_hz"),
            ),
        ),
    }
)


def paper_table(table: str) -> list[PaperRow]:
    """Return every row of a table, as printed; cells without a number are left out.

    Parameters
    ----------
    table : str
        ``"I"``, ``"II"`` or ``"III"``.

    Returns
    -------
    list of PaperRow

    >>> len(paper_table("I")), len(paper_table("II")), len(paper_table("III"))
    (36, 14, 36)
    """
    text, metrics, blocks = _LAYOUT[table]
    return [row for line in text.split("\n") if line for row in _rows(table, line, metrics, blocks)]


def _rows(
    table: str, line: str, metrics: tuple[str, ...], blocks: tuple[tuple[str, str], ...]
) -> Iterator[PaperRow]:
    kind, name, *numbers = line.split()
    method = name.rstrip(CROSS + FOLD_1)
    for place, (dataset, quantity) in enumerate(blocks):
        own = numbers[place * len(metrics) : (place + 1) * len(metrics)]
        # Table III is printed with a zero before the point
        digits = ["0" + number if number.startswith(".") else number for number in own]
        given = {m: text for m, text in zip(metrics, digits, strict=True) if text != NOT_GIVEN}
        if given:
            mark = name[len(method) :]
            yield PaperRow(table, dataset, quantity, _KINDS[kind], method, mark, given)


def _read_as(row: PaperRow) -> str:
    """Name the scoring that reads rates as a row does; 160 frames are too short for thirds."""
    return "sspd" if row.mark == FOLD_1 else READ_AS[row.table]


def paper_rows(dataset: str, protocol: str | None, scoring: str, cross: bool) -> list[PaperRow]:
    """Select the paper's rows that an evaluation may be compared with, in the paper's order.

    There are none without a protocol or a training on another dataset, because scores of other
    subjects do not compare.

    Parameters
    ----------
    dataset : str
        Name of the tested dataset.
    protocol : str or None
        Name of the split; one that ends in ``fold-1`` or ``fold-1-160`` is the first fold of
        VIPL-HR alone.
    scoring : str
        Name of the scoring: Table III belongs to ``nest``, the others to the rest.
    cross : bool
        Whether the network was trained on another dataset.

    Returns
    -------
    list of PaperRow

    >>> [row.label for row in paper_rows("ubfc-rppg", None, "sspd", cross=True)][-1]
    'SSPD-L3† (paper)'
    >>> paper_rows("ubfc-rppg", None, "sspd", cross=False)
    []
    """
    if protocol is None and not cross:
        return []
    if scoring == "nest":
        # Table III is for training and test on one dataset only
        return [] if cross else [row for row in paper_table("III") if row.dataset == dataset]
    first = protocol is not None and re.search(r"fold-?1(-160)?$", protocol) is not None
    mark = CROSS if cross else FOLD_1 if first else ""
    return [
        replace(row, otherwise=scoring != _read_as(row))
        for row in paper_table("I") + paper_table("II")
        if row.dataset == dataset and row.mark == mark
    ]
