"""What goes wrong in ways that a person can mend."""


class UserError(Exception):
    """Its message says what is wrong and what to do; the command prints it and nothing else."""
