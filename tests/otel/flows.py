"""What the tests trace; in processes of their own, `worker` and `start` are run by name, and write their spans."""

import os
import signal
import sys
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from pyswfaws import (
    DistributedActivityWorker,
    DistributedDecisionWorker,
    RetryPolicy,
    WorkflowClient,
    activity_task,
    continue_as_new,
    decision_task,
    set_middleware,
    workflow,
)
from pyswfaws.otel import Traces
from pyswfaws.workers.clients import make_client

DOMAIN, TASK_LIST = 'tests', 'tests'


@activity_task
def double(number):
    with trace.get_tracer('tests').start_as_current_span('inside'):
        return number * 2


@activity_task
async def treble(number):
    with trace.get_tracer('tests').start_as_current_span('inside async'):
        return number * 3


@activity_task(retry=RetryPolicy(max_attempts=2, initial_interval=0))
def fails_once(path):
    if not Path(path).exists():
        Path(path).touch()
        raise ValueError('the first time')
    return 'done'


@activity_task(start_to_close_timeout=2, heartbeat_timeout=1, retry=RetryPolicy(max_attempts=2, initial_interval=0))
def dies_once(path):
    if not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 'done'


@decision_task
def inner(number):
    return double(number).result


@decision_task
def outer(number):
    tracer = trace.get_tracer('tests')
    with tracer.start_as_current_span('first half'):
        first = double(number).result
    with tracer.start_as_current_span('at once'):
        pass
    workflow.sleep(1)
    with tracer.start_as_current_span('second half'):
        return inner(first).result + treble(1).result


@decision_task
def retried(path):
    return fails_once(path).result


@decision_task
def survives(path):
    return dies_once(path).result


@decision_task(task_start_to_close_timeout=2)
def undecided(path):
    with trace.get_tracer('tests').start_as_current_span('in the decider'):
        if not Path(path).exists():
            Path(path).touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return fails_once(path).result


@decision_task
def broken():
    raise ValueError('a broken decider')


@decision_task
def twice(number):
    if number < 2:
        continue_as_new(number + 1)
    return number


def main(what, url, path, name):
    """Be a worker of one kind, or start the workflow of that name, and write the spans to a file."""
    provider = TracerProvider()
    with Path(path).open('a') as file:
        provider.add_span_processor(SimpleSpanProcessor(
            ConsoleSpanExporter(out=file, formatter=lambda span: span.to_json(indent=None) + '\n'),
        ))
        trace.set_tracer_provider(provider)
        set_middleware(Traces())
        client = make_client(endpoint_url=url)
        if what == 'start':
            run = WorkflowClient(DOMAIN, client=client, task_list=TASK_LIST).start(globals()[name], f'{path}.died')
            sys.stdout.write(f'{run.result(60)}\n')
            return
        kind = {'activities': DistributedActivityWorker, 'deciders': DistributedDecisionWorker}[what]
        served = [survives, undecided] if what == 'deciders' else [dies_once, fails_once]
        kind(served, client=client, swf_domain=DOMAIN, default_task_list=TASK_LIST).start()


if __name__ == '__main__':
    main(*sys.argv[1:])
