"""A contract as a document: for people to read, for programs, and to compare two versions of it."""
