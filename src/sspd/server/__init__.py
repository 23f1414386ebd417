"""A server that others can call: REST for videos, a WebSocket for frames, its own pages.

Needs the extra ``serve``. `sspd.server.settings.ServerSettings` has its settings,
`sspd.server.run.run_server` serves. One request passes `guard` (host, origin, token), then an
endpoint (`measurements`, `live`, `pages`). A video is a file of `uploads`, a job of `job_store`,
and the work of a slot (`work`), whose process is that of `sspd.pipeline.batch`.
"""
