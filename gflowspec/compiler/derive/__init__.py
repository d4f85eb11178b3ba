"""From forward actions to inverses, masks, rank, codec and sizes."""
