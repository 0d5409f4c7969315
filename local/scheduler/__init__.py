"""A stand-in for Google Cloud Scheduler: it calls the scheduled functions, on a clock that tests can move."""
