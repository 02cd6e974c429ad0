"""What happens before the first row moves: order, batches, ids, transforms, preflight."""
