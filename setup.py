"""The build's entry point; the project's metadata and its tools' settings stand in pyproject.toml."""

from setuptools import setup

setup()
