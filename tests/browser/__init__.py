"""Real browsers for tests: each visits a page that does its own work; no driver is needed."""
