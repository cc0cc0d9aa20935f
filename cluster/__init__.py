"""How and where Veriscope runs: settings, the command line, profiles, bulk jobs."""
