// The life of a workflow through the AWS SDK for JavaScript: node another_sdk.cjs ENDPOINT; prints what it saw as JSON.
const { SWF } = require('@aws-sdk/client-swf');

const swf = new SWF({
  endpoint: process.argv[2], region: 'us-east-1', maxAttempts: 1,
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
});
const domain = 'd', deciders = { name: 'deciders' }, workers = { name: 'workers' };
const W = { name: 'W', version: '1' }, A = { name: 'A', version: '1' };

async function decide(...decisions) {
  const task = await swf.pollForDecisionTask({ domain, taskList: deciders, identity: 'node' });
  await swf.respondDecisionTaskCompleted({ taskToken: task.taskToken, decisions });
  return task;
}

async function main() {
  await swf.registerDomain({ name: domain, workflowExecutionRetentionPeriodInDays: '7' });
  await swf.registerWorkflowType({
    domain, ...W, defaultTaskList: deciders, defaultExecutionStartToCloseTimeout: '60',
    defaultTaskStartToCloseTimeout: '10', defaultChildPolicy: 'ABANDON',
  });
  await swf.registerActivityType({
    domain, ...A, defaultTaskList: workers, defaultTaskScheduleToStartTimeout: '60',
    defaultTaskScheduleToCloseTimeout: '60', defaultTaskStartToCloseTimeout: '60', defaultTaskHeartbeatTimeout: 'NONE',
  });
  const empty = await swf.pollForDecisionTask({ domain, taskList: { name: 'nobody' } });
  const waiting = swf.pollForActivityTask({ domain, taskList: workers });   // a long poll, woken by the decision below
  const { runId } = await swf.startWorkflowExecution({ domain, workflowId: 'w', workflowType: W, input: 'grüße' });
  await decide({
    decisionType: 'ScheduleActivityTask',
    scheduleActivityTaskDecisionAttributes: { activityId: 'a', activityType: A, input: '[5]' },
  });
  const activity = await waiting;
  const { cancelRequested } = await swf.recordActivityTaskHeartbeat({ taskToken: activity.taskToken });
  await swf.respondActivityTaskCompleted({ taskToken: activity.taskToken, result: '25' });
  await decide({
    decisionType: 'CompleteWorkflowExecution', completeWorkflowExecutionDecisionAttributes: { result: '25' },
  });
  const execution = { workflowId: 'w', runId };
  const { events } = await swf.getWorkflowExecutionHistory({ domain, execution });
  const fault = await swf.describeDomain({ name: 'nowhere' }).catch((error) => error);
  console.log(JSON.stringify({
    empty: empty.taskToken === undefined,
    input: activity.input,
    cancelRequested,
    types: events.map((event) => event.eventType),
    dates: events.every((event) => event.eventTimestamp instanceof Date && event.eventTimestamp > new Date('2020')),
    started: events[0].workflowExecutionStartedEventAttributes.input,
    fault: [fault.name, fault.message, fault.$metadata.httpStatusCode],
  }));
}

main().then(() => swf.destroy(), (error) => { console.error(error); process.exit(1); });
