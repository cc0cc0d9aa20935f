"""Compatible with ShareID's photo-based authenticity API (contracts, section 6)."""
