import pytest

from pyswfaws.protocol.decisions import decision

WORKFLOW = {'name': 'W', 'version': '1'}
ACTIVITY = {'name': 'A', 'version': '1'}


class Play:
    """A client, and the few calls that these tests make over and over."""

    def __init__(self, client):
        self.client = client
        client.register_domain(name='d', workflowExecutionRetentionPeriodInDays='7')
        client.register_workflow_type(
            domain='d', **WORKFLOW, defaultTaskList={'name': 'deciders'}, defaultTaskStartToCloseTimeout='60',
            defaultExecutionStartToCloseTimeout='31536000', defaultChildPolicy='TERMINATE',
            defaultLambdaRole='arn:aws:iam::1:role/r')
        client.register_activity_type(
            domain='d', **ACTIVITY, defaultTaskList={'name': 'workers'}, defaultTaskScheduleToStartTimeout='60',
            defaultTaskScheduleToCloseTimeout='600', defaultTaskStartToCloseTimeout='600',
            defaultTaskHeartbeatTimeout='NONE')

    def start(self, workflow_id='w'):
        started = self.client.start_workflow_execution(domain='d', workflowId=workflow_id, workflowType=WORKFLOW)
        return {'workflowId': workflow_id, 'runId': started['runId']}

    def poll(self, kind='decision'):
        poll = self.client.poll_for_decision_task if kind == 'decision' else self.client.poll_for_activity_task
        return poll(domain='d', taskList={'name': 'deciders' if kind == 'decision' else 'workers'})

    def decide(self, *decisions):
        task = self.poll()
        self.client.respond_decision_task_completed(taskToken=task['taskToken'], decisions=list(decisions))
        return task

    def timer(self, seconds):
        return decision('StartTimer', timerId='t', startToFireTimeout=str(seconds))

    def activity(self):
        return decision('ScheduleActivityTask', activityId='a', activityType=ACTIVITY)

    def history(self, execution):
        return self.client.get_workflow_execution_history(domain='d', execution=execution)['events']

    def types(self, execution):
        return [event['eventType'] for event in self.history(execution)]


@pytest.fixture
def play():
    return Play
