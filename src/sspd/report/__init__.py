"""Vitals become files and tables: json, csv, html, png, mp4, the terminal."""
