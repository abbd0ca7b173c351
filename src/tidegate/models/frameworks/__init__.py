"""How fitted things of frameworks that only some models need become ONNX; imported when they are asked."""
