"""The whole application on one machine: embedded Postgres, AWS stand-ins, functions and gateway."""
