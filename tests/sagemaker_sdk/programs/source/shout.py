"""A user's processing script."""

import sys
from pathlib import Path

base = Path("/opt/ml/processing")
text = "".join(file.read_text() for file in sorted((base / "input").glob("*.txt")))
(base / "output" / "loud.txt").write_text(text.upper() + sys.argv[-1])
