"""Watching a model in production: what it is asked, what it answers, and what became true since."""
