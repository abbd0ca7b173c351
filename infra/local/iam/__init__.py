"""What IAM does between services, which the emulator leaves out: trust, PassRole, policies, service roles."""
