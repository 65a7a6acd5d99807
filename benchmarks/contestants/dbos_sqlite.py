"""The peer: DBOS on SQLite, in one process, as its documentation has it: ``steps`` or ``latency``."""

from tempfile import TemporaryDirectory

from dbos import DBOS
from measures import measure

STEPS = 10


@DBOS.step()
def add(n: int) -> int:
    """Take one step."""
    return n + 1


@DBOS.workflow()
def ten(n: int) -> int:
    """Take ten steps."""
    for _ in range(STEPS):
        n = add(n)
    return n


@DBOS.workflow()
def one(n: int) -> int:
    """Take one."""
    return add(n)


with TemporaryDirectory() as folder:
    DBOS(config={
        'name': 'bench', 'system_database_url': f'sqlite:///{folder}/dbos.sqlite', 'log_level': 'ERROR',
        'run_admin_server': False,
    })
    DBOS.launch()
    measure(ten, one, steps=40, ones=100)
    DBOS.destroy()
