"""What each service does, as plain asyncio functions over arrays."""
