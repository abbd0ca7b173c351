"""The kit itself: contracts, the lake and models, knowing none of the rooms above it."""
