"""P10: hello world as a command, from ``python hello.py`` to its end, with nothing on stderr."""

from contest import Contestant, Goal, arguments, conclude, contest

options = arguments(__doc__).parse_args()
conclude(options, contest(
    'P10: hello world, from command to end', 's',
    [
        Contestant('examples/hello.py', 'hello.py', ('ours',)),
        Contestant('DBOS, SQLite', 'hello.py', ('dbos',), needs='dbos'),
    ],
    Goal(at_most=0.5), options,
))
