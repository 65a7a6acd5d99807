"""P9: how long ``import pyswfaws`` takes."""

from contest import Contestant, Goal, arguments, conclude, contest

options = arguments(__doc__).parse_args()
conclude(options, contest(
    'P9: import in a fresh process', 'ms',
    [
        Contestant('import pyswfaws', 'import_time.py', ('pyswfaws',)),
        Contestant('import dbos', 'import_time.py', ('dbos',), needs='dbos'),
        Contestant('import boto3', 'import_time.py', ('boto3',)),
    ],
    Goal(at_most=80), options,
))
