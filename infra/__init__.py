"""Where it runs: in AWS, or on this machine."""
