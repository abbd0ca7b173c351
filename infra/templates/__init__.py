"""What a new model starts from: one folder a framework, whose files are checked as all code is."""
