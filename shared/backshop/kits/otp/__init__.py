"""Phone checks: a code by SMS, and how often one may be sent."""
