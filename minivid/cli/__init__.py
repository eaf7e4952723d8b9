"""The command line: `minivid lab`, `test`, `doctor`, `build`, `grade`."""
