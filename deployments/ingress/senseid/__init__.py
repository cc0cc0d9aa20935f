"""Compatible with the SenseID private cloud 1v1, V1.8.0 (contracts, section 3): synchronous, over the same tasks."""
