"""``python -m wsgicors check``: what a browser could do with a server, and what it should not."""
