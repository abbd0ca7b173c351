"""Where data lies, what has happened to it, and the tables it is published in."""
