"""Vitals become files and tables: json, csv, png, the terminal."""
