"""Executors: where activities run. In threads, in processes of their own, or all on one event loop.

What is done with a task is one coroutine (`pyswfaws.activityworker`, with `job.carried_out` for its middle
part). An executor says what becomes of it. In threads nothing of it waits, so a thread runs it from its first line
to its last. On an event loop, what would block is done aside, by a few threads, and thousands may be under way at once.
With processes, the middle is done by another process, while a thread of this one takes its messages.
"""
