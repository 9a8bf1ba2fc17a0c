"""What each process needs in order to run: settings, clock, Kafka, telemetry, the command line."""
