"""SWF's own vocabulary: its events, decisions and limits, as tables.

Both cores, the replay and SWF Local's service, read these tables and nothing else of each other, so that each can catch
the other's mistakes. Standard library only. A test holds every table against botocore's service model.
"""
