"""The durable life of a task. Knows neither HTTP nor Ray."""
