"""A smoke test of a stack on a live account: `make smoke STACK=name`. src/guide/smoke.md says what it does."""
