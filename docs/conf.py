"""Sphinx: how the documentation is built."""

from importlib.metadata import version as version_of
from pathlib import Path

project = 'pyswfaws'
author = 'The pyswfaws developers'
copyright = author
version = release = version_of('pyswfaws')

extensions = ['sphinx.ext.autodoc', 'sphinx.ext.doctest', 'sphinx.ext.napoleon']
exclude_patterns = ['_build', 'changes']
default_role = 'code'       # docstrings put names in single backticks
highlight_language = 'python'

html_theme = 'furo'
html_title = f'pyswfaws {release}'

autodoc_member_order = 'bysource'
autodoc_typehints = 'none'  # docstrings say types in words; the code is typed for checkers and editors
autodoc_default_options = {'members': True, 'show-inheritance': True}

doctest_global_setup = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent.parent / 'examples')!r})
"""
