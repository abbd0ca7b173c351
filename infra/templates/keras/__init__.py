"""A model to start from: a network of Keras on TensorFlow."""
