"""Where the toy functions write down what they were called with."""

import json
import os


def note(**said):
    line = json.dumps(said) + "\n"
    descriptor = os.open(os.environ["RESULTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)
