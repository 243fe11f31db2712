"""Pages of the board, the technologist's station and the scan gate."""
