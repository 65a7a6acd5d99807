"""P10: hello world as a command, from ``python hello.py`` to its end, with nothing on stderr."""

from contest import Contestant, Goal, arguments, conclude, contest

options = arguments(__doc__).parse_args()
conclude(options, contest(
    'P10: hello world, from command to end', 's',
    [
        Contestant('examples/hello.py', 'hello.py', ('ours',)),
        Contestant('DBOS, SQLite', 'hello.py', ('dbos',), needs='dbos'),
        Contestant('durabletask, memory', 'hello.py', ('durabletask',), needs='durabletask'),
        Contestant(
            'AWS durable execution, local runner, memory', 'hello.py', ('awsdurable',),
            needs='aws_durable_execution_sdk_python_testing'),
    ],
    Goal(at_most=0.5), options,
))
