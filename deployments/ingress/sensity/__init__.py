"""Compatible with Sensity API v2 (contracts, section 2): a view of the same tasks as the native API."""
