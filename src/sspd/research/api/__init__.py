"""The public calls `sspd.train`, `sspd.evaluate`, `sspd.simulate` and `sspd.calibrate`.

One module each, of the same name. The commands of these names parse their options and call
them; everything that a command does to data is done here.
"""
