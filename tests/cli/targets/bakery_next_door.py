from pyswfaws import activity_task


@activity_task(heartbeat_timeout=5)
def bake(cake, size=1):
    """Is registered by another bakery with another timeout."""
