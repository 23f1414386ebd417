"""Files, processes, progress and optional packages: helpers without knowledge of videos."""
