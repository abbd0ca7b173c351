"""What MiniStack lacks, or does otherwise than AWS: one file each, plugged in by `infra/local/plugs.py`."""
