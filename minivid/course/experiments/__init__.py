"""What the chapters claim, as functions: a command runs them whole and leaves a receipt, a notebook runs one point again."""
