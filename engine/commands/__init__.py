"""The catalogue of abilities: verbs that change something, one file per noun.

The caller owns the transaction; no command commits. Each one locks, checks, changes, steps and records, in this order.
"""
