"""Output of vitals as files and tables: JSON, CSV, HTML, plots, annotated video, terminal."""
