"""A model for teams that live in SageMaker Studio: its training as a SageMaker Pipelines definition.

deployed     what a definition must know of an environment, read from its training machine
environment  the Python that has the sagemaker SDK, which the default install has not
definition   a program for that Python: facts in, definition out
"""
