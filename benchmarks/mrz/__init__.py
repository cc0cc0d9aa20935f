"""Machine-readable zones on fresh specimens, beside two peers that see the same pictures."""
