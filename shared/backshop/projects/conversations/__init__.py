"""The AOS conversation: its log, its four phases, follow-ups, and reports on scores and
conversion."""
