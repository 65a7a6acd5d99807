"""Core 1, the replay: a history goes in, decisions come out. No boto3, no serializer, no decorator, no clock."""
