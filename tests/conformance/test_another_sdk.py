"""An SDK of another language: the AWS SDK for JavaScript, where Node has it (``npm install @aws-sdk/client-swf``).

Set NODE_PATH to the ``node_modules`` that it was installed into.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which('node')
SCRIPT = Path(__file__).with_name('another_sdk.cjs')


@pytest.fixture
def node():
    if NODE is None:
        pytest.skip('there is no Node here')
    found = subprocess.run([NODE, '-e', 'require.resolve("@aws-sdk/client-swf")'], capture_output=True, check=False)
    if found.returncode != 0:
        pytest.skip('Node does not find @aws-sdk/client-swf: install it with npm and set NODE_PATH')
    return NODE


def test_a_workflow_lives_through_the_sdk_for_javascript(node, served):
    served.swf._host.poll_timeout = 2
    done = subprocess.run([node, SCRIPT, served.url], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        'empty': True,
        'input': '[5]',
        'cancelRequested': False,
        'types': [
            'WorkflowExecutionStarted', 'DecisionTaskScheduled', 'DecisionTaskStarted', 'DecisionTaskCompleted',
            'ActivityTaskScheduled', 'ActivityTaskStarted', 'ActivityTaskCompleted', 'DecisionTaskScheduled',
            'DecisionTaskStarted', 'DecisionTaskCompleted', 'WorkflowExecutionCompleted',
        ],
        'dates': True,
        'started': 'grüße',
        'fault': ['UnknownResourceFault', 'Unknown domain: nowhere', 400],
    }
