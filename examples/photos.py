from pyswfaws import Timer, activity_task, decision_task


@activity_task(max_attempts=3)
def resize(photo, width):
    return f'{photo}@{width}'


@decision_task
def publish(photo):
    sizes = [resize(photo, width) for width in (320, 640, 1280)]    # three at the same time
    Timer.get(seconds=1).result                                     # SWF waits: no process has to
    return [size.result for size in sizes]                          # waits for what is not there yet
