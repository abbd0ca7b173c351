"""The CDK stacks, one noun each."""
