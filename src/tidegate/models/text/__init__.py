"""Models that write text, byte by byte: declared, trained, judged and served beside the others."""
