"""Training recipes for networks of other papers: as published, and for two CPU cores."""

from __future__ import annotations

from dataclasses import replace

from sspd.errors import UsageError
from sspd.models.baseline_spec import BaselineSpec
from sspd.research.recipes.baseline import LAPTOP_SUFFIX, BaselineRecipe

_CHOSEN = "; what it leaves open is chosen here"

_PAPERS = (
    BaselineRecipe(
        "physnet",
        "Z. Yu, X. Li, G. Zhao, BMVC 2019, Sec. 4: clips of 128, Adam 1e-4, batch 2, 15 epochs"
        " of whole videos, clip by clip",
        BaselineSpec("physnet", fs=30.0, size=128, clip=128),
        "labelled",
        (("pearson", 1.0),),
        batch=2,
        epochs=15,
        clip_every_s=128 / 30,
    ),
    BaselineRecipe(
        "physformer",
        "Z. Yu et al., CVPR 2022, Sec. 3.4 and 4.2: clips of 160, Adam 1e-4, decay 5e-5, batch"
        " 4, 25 epochs, in which frequency losses come to weigh five times as much; a clip each 60"
        " frames, as its released code has it",
        BaselineSpec("physformer", fs=30.0, size=128, clip=160),
        "labelled",
        (("pearson", 0.1), ("rate-entropy", 1.0), ("rate-distribution", 1.0)),
        batch=4,
        epochs=25,
        decay=5e-5,
        curriculum=5.0,
        clip_every_s=2.0,
    ),
    BaselineRecipe(
        "deepphys",
        "W. Chen, D. McDuff, ECCV 2018: faces of 36, slope of the pulse" + _CHOSEN,
        BaselineSpec("deepphys", fs=30.0, size=36, clip=180, input="both", summations=1),
        "labelled",
        (("squared-error", 1.0),),
        batch=4,
        epochs=30,
        learning_rate=1e-3,
    ),
    BaselineRecipe(
        "can",
        "X. Liu et al., NeurIPS 2020: faces of 36, shifts among 20, slope of the pulse" + _CHOSEN,
        BaselineSpec("can", fs=30.0, size=36, clip=180, input="both", summations=1),
        "labelled",
        (("squared-error", 1.0),),
        batch=4,
        epochs=30,
        learning_rate=1e-3,
    ),
    BaselineRecipe(
        "efficientphys",
        "X. Liu et al., WACV 2023: faces of 72, shifts among 10, slope of the pulse" + _CHOSEN,
        BaselineSpec(
            "efficientphys", fs=30.0, size=72, clip=180, input="differences", summations=1
        ),
        "labelled",
        (("squared-error", 1.0),),
        batch=4,
        epochs=30,
        learning_rate=1e-3,
    ),
    BaselineRecipe(
        "hr-cnn",
        "R. Spetlik et al., BMVC 2018: the extractor, by the signal at the known rate" + _CHOSEN,
        BaselineSpec("hr-cnn", fs=30.0, size=128, clip=300),
        "labelled",
        (("known-rate", 1.0),),
        batch=2,
        epochs=30,
    ),
    BaselineRecipe(
        "contrast-phys",
        "Z. Sun, X. Li, ECCV 2022, Sec. 4.1: clips of 10 s, pairs of videos, 2x2 regions, AdamW"
        " 1e-5, 30 epochs, each of as many passes as videos have clips (its released code)",
        BaselineSpec("contrast-phys", fs=30.0, size=128, clip=300),
        "contrast",
        (("contrast", 1.0),),
        batch=2,
        epochs=30,
        learning_rate=1e-5,
        decay=1e-2,
        clip_every_s=10.0,
    ),
    BaselineRecipe(
        "remotephys",
        "J. Gideon, S. Stent, ICCV 2021, Sec. 4: clips of 10 s, four views of 5 s, videos played"
        " faster or slower as negatives; without the saliency sampler" + _CHOSEN,
        BaselineSpec("remotephys", fs=30.0, size=64, clip=300),
        "triplet",
        (("triplet", 1.0),),
        batch=4,
        epochs=100,
        decay=1e-2,
    ),
    BaselineRecipe(
        "sinc",
        "J. Speth et al., CVPR 2023, Sec. 4: faces of 64, clips of 120, AdamW 1e-4, batch 20,"
        " 200 epochs; videos played at other speeds",
        BaselineSpec("physnet", fs=30.0, size=64, clip=120),
        "prior",
        (("bandwidth", 1.0), ("sparsity", 1.0), ("variance", 1.0)),
        batch=20,
        epochs=200,
        decay=1e-2,
        band_hz=(0.66, 3.0),
    ),
)
#: Method -> its settings for two CPU cores: frame rate (Hz), face size (pixels), clip length
#: (frames), batch, steps and learning rate. Losses that compare spectra need long clips, and so
#: have smaller faces; losses of a batch's spread need large batches.
_LAPTOP: dict[str, tuple[float, int, int, int, int, float]] = {
    "physnet": (30.0, 64, 128, 4, 300, 1e-3),
    "physformer": (30.0, 64, 160, 4, 250, 1e-3),
    "deepphys": (30.0, 36, 180, 4, 300, 1e-3),
    "can": (30.0, 36, 180, 4, 300, 1e-3),
    "efficientphys": (30.0, 36, 180, 4, 300, 1e-3),
    "hr-cnn": (30.0, 48, 160, 4, 250, 1e-3),
    "contrast-phys": (30.0, 32, 240, 4, 250, 1e-3),
    "remotephys": (30.0, 32, 240, 2, 250, 1e-3),
    "sinc": (30.0, 32, 120, 12, 300, 3e-4),
}


def _for_laptops(recipe: BaselineRecipe) -> BaselineRecipe:
    fs, size, clip, batch, steps, rate = _LAPTOP[recipe.name]
    pictures = recipe.network.input == "pictures"
    network = replace(
        recipe.network,
        fs=fs,
        size=size,
        clip=clip,
        input="differences" if pictures else recipe.network.input,
    )
    return replace(
        recipe,
        name=recipe.name + LAPTOP_SUFFIX,
        source=f"ours: `{recipe.name}` with smaller faces and shorter clips"
        + (", normalised differences in place of pictures" if pictures else "")
        + ", for minutes on two cores",
        network=network,
        batch=batch,
        steps=steps,
        epochs=None,
        learning_rate=rate,
        warmup_steps=10,
        rate_schedule="cosine",
        band_hz=(0.66, 3.7),
        precision="bf16",
        select="best",
    )


BASELINES = {recipe.name: recipe for paper in _PAPERS for recipe in (paper, _for_laptops(paper))}
#: Methods that can be trained: a paper's own recipe has the name of its method.
TRAINED_METHODS = tuple(recipe.name for recipe in _PAPERS)


def get_baseline(name: str) -> BaselineRecipe:
    """Return the recipe of another paper's network.

    Parameters
    ----------
    name : str
        A name of `BASELINES`.

    Returns
    -------
    BaselineRecipe

    Raises
    ------
    UsageError
        There is no such recipe; the message lists all of them.

    Examples
    --------
    >>> get_baseline("physnet").batch, get_baseline("physnet-laptop").network.size
    (2, 64)
    """
    if name not in BASELINES:
        raise UsageError(f"no recipe is called {name!r}; there are {', '.join(sorted(BASELINES))}")
    return BASELINES[name]
