"""Build the package; every fact about it stands in setup.cfg."""

from tempfile import TemporaryDirectory

from setuptools import setup

# Left in build/, the modules of an earlier build would get into this one, deleted or not.
with TemporaryDirectory() as build_base:
    setup(options={"build": {"build_base": build_base}})
