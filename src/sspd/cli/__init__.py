"""The command line: parse, call the public API, write. One module a command."""
