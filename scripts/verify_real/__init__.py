"""What `scripts/verify-real` is made of; start with main.py."""
