"""References that are hard to move: to the same table, in rings, to what is no key, to rows that are there already.

Every shape is a pair of databases of its own. Rows are compared by the same join on both sides, everything is proved
by `validate`, and after the undo the new database holds the very rows that it held before.
"""
