"""What the end-to-end tests and the smoke test both need."""
