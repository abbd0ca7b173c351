"""Hyperparameter tuning jobs: training jobs one after another, each with values chosen by what came before.

ranges      what may be tried: integers, numbers, categories, and their scales
search      what is tried next: at random, all of a grid, or by a model of what came before (Bayesian)
trials      one training job of a tuning, and what its objective came to
stopping    when a training job, or the whole tuning, is not worth going on with
jobs        the operations, and the loop that starts and collects training jobs
"""
