"""Moving rows and keeping the books: ledger, copy, backoff and rollback."""
