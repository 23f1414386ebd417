"""Many videos: several processes, results as they come, and a journal to go on from.

>>> for done in measure_many(["no_such_video.mp4"], method="pos"):
...     print(done.index, done.vitals.error)
0 no_such_video.mp4: no such file
"""

from sspd.pipeline.batch.journal import Journal
from sspd.pipeline.batch.result import BatchResult
from sspd.pipeline.batch.run import measure_many

__all__ = ["BatchResult", "Journal", "measure_many"]
