"""The worker: claims tasks and runs each in a child process."""
