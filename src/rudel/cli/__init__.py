"""The command line: one verb per module, each with HELP, add_arguments(parser) and run(args) -> exit status."""
