"""The workflow that `pyswfaws demo` runs, and how it is shown."""
