"""What the two kinds of worker share: the client, the polling threads, the shutdown, the heartbeats."""
