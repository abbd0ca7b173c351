"""The nouns that the stacks are made of."""
