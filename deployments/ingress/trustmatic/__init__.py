"""Compatible with Trustmatic's document liveness and the IDLive Doc server behind it (contracts, section 5)."""
