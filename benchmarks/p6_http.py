"""P6: as P4, but over HTTP: service, decider and activity worker each in a process of its own, on boto3."""

from contest import Contestant, Goal, arguments, conclude, contest

options = arguments(__doc__).parse_args()
conclude(options, contest(
    'P6: the same over HTTP, workers in processes of their own', 'steps a second',
    [
        Contestant('SWF Local, HTTP, boto3', 'swflocal_http.py', ('steps',)),
        Contestant('DBOS, SQLite, one process', 'dbos_sqlite.py', ('steps',), needs='dbos'),
    ],
    Goal(ratio_at_least=1.5), options,
))
