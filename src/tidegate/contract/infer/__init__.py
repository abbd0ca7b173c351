"""From a file to the contract that it keeps: how it is written, what its columns hold, what names a row."""
