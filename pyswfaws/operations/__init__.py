"""What a client does, each operation written once, for blocking and for asyncio code."""
