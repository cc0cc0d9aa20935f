"""The durable life of a task: submitted once, claimed under a lease, finished once, delivered, expired, erased.

Nothing here knows HTTP serving or Ray. One database (SQLite or PostgreSQL) holds all state, one blob store all bytes.
"""
