"""The procedure catalogue: kept by people here, by hand and by file; senders' codes."""
