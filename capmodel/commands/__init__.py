"""The commands of the command line, a file a command: its options, what it prints, and its exit code."""
