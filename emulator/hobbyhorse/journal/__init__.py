"""What was asked and answered, in each world: redacted when it is written, bounded, and told to people."""
