"""What is seen in a selfie and what is drawn on it: pure functions of pixels and look settings.

Needs numpy, Pillow, pi-heif and ai-edge-litert (the vision layer), and nothing of AWS or Postgres.
"""
