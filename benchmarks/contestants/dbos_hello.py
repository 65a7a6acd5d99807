"""The peer's hello world, as its documentation has it, on SQLite."""

from tempfile import TemporaryDirectory

from dbos import DBOS


@DBOS.step()
def greet(name: str) -> str:
    """Take one step."""
    return f'Hello, {name}!'


@DBOS.workflow()
def hello(name: str) -> str:
    """Call it."""
    return greet(name)


with TemporaryDirectory() as folder:
    DBOS(config={'name': 'hello', 'system_database_url': f'sqlite:///{folder}/dbos.sqlite'})
    DBOS.launch()
    print(hello('world'))
    DBOS.destroy()
