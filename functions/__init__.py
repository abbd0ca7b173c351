"""What happens: one file is one Lambda, named by its verb."""
