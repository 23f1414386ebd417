"""Who is trained on and who is tested: published splits as data, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from sspd.errors import UsageError


@dataclass(frozen=True)
class Protocol:
    """A split of a dataset's subjects.

    Parameters
    ----------
    name : str
    dataset : str
        The dataset's name.
    source : str
        Who splits so.
    train, test : tuple of str
        Subjects; no one stands in both.

    Raises
    ------
    UsageError
        Somebody is in both.

    >>> Protocol("x", "pure", "nobody", ("01",), ("01",))
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: protocol x: trained on and tested: 01
    """

    name: str
    dataset: str
    source: str
    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        both = sorted(set(self.train) & set(self.test))
        if both:
            raise UsageError(f"protocol {self.name}: trained on and tested: {', '.join(both)}")


def _pure(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{n:02d}" for n in numbers)


def _ubfc(*numbers: int) -> tuple[str, ...]:
    return tuple(f"subject{n}" for n in numbers)


_ALL = (
    Protocol(
        "pure-hr-cnn",
        "pure",
        "Spetlik et al., HR-CNN, BMVC 2018, protocol files; also Gideon and Stent, ICCV 2021",
        _pure(1, 4, 5, 6, 7, 8, 9),
        _pure(2, 3, 10),
    ),
    Protocol(
        "pure-contrast-phys",
        "pure",
        "Sun and Li, Contrast-Phys+, TPAMI 2024, released code",
        _pure(1, 2, 3, 4, 5, 7),
        _pure(6, 8, 9, 10),
    ),
    Protocol(
        "ubfc-30-12",
        "ubfc-rppg",
        "the paper's released code; also Sun and Li, Contrast-Phys, ECCV 2022",
        _ubfc(1, 3, 4, 5, *range(8, 19), 20, *range(22, 28), *range(30, 38)),
        _ubfc(*range(38, 50)),
    ),
)
PROTOCOLS = MappingProxyType({protocol.name: protocol for protocol in _ALL})


def get_protocol(name: str) -> Protocol:
    """The protocol of a name.

    Raises
    ------
    UsageError
        There is none; the message lists those there are.

    >>> len(get_protocol("ubfc-30-12").train), len(get_protocol("ubfc-30-12").test)
    (30, 12)
    """
    if name not in PROTOCOLS:
        raise UsageError(f"no protocol {name!r}; there are: {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
