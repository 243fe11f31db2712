"""One command that runs the whole server on one machine; `make run`."""
