"""The command line: parses arguments, calls the public API, prints and writes results."""
