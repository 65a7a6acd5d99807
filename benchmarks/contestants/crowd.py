"""Fills a file with open executions and their events, and dies without closing it, as by ``kill -9``: file, executions.

Each execution is started and signalled, by requests to the service, until it has as many events as it should.
"""

import os
import signal
import sys
from pathlib import Path
from time import time

from pyswfaws.swflocal.model import service_model
from pyswfaws.swflocal.service import Service
from pyswfaws.swflocal.stores import SqliteStore

EVENTS = 50     # of each execution
TYPE = {'name': 'Crowd', 'version': '1'}

service = Service(SqliteStore(Path(sys.argv[1])), service_model())
us = {'domain': 'crowd'}
service.apply(time(), 'RegisterDomain', {'name': 'crowd', 'workflowExecutionRetentionPeriodInDays': '1'})
service.apply(time(), 'RegisterWorkflowType', {
    **us, **TYPE, 'defaultTaskList': {'name': 'crowd'}, 'defaultChildPolicy': 'ABANDON',
    'defaultExecutionStartToCloseTimeout': '31536000', 'defaultTaskStartToCloseTimeout': 'NONE'})

for n in range(int(sys.argv[2])):
    with service.together():
        name = f'member-{n}'
        service.apply(time(), 'StartWorkflowExecution', {**us, 'workflowId': name, 'workflowType': TYPE})
        for _ in range(EVENTS - 2):
            service.apply(time(), 'SignalWorkflowExecution', {
                **us, 'workflowId': name, 'signalName': 'news', 'input': 'about as much as a signal says'})
os.kill(os.getpid(), signal.SIGKILL)
