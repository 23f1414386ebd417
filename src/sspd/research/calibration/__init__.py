"""Fit a confidence to the weights of a network, on simulated videos whose pulse is known.

Videos with and without a pulse (`videos`, `nulls`) are measured (`measured`), become rows of
readings that are right or wrong (`windows`), to which a `ConfidenceSpec` is fitted (`fit`);
`score` says on other videos what it is worth. `sspd.calibrate` runs all of it.
"""
