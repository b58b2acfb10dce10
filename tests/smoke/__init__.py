"""A smoke test of a stack on a live account: `make smoke STACK=name`. What it does stands in src/guide/smoke.md."""
