"""The peers of SWF Local with its workers in one process: engines for durable workflows that need no server."""

from contest import Contestant


def engines(measure: str) -> list[Contestant]:
    """Give the peers, for a measure of ``contestants/measures.py``."""
    return [
        Contestant('DBOS, SQLite', 'dbos_sqlite.py', (measure,), needs='dbos'),
        Contestant('durabletask, memory', 'durabletask_memory.py', (measure,), needs='durabletask'),
        Contestant(
            'AWS durable execution, local runner, SQLite', 'awsdurable_local.py', (measure,),
            needs='aws_durable_execution_sdk_python_testing'),
    ]
