"""`loglm serve` with the real model, as the command line starts it.

python -m tests.sidecar.real --port 0
"""

import argparse
import sys

from loglm_bridge.sidecar.config import add_arguments, from_args
from loglm_bridge.sidecar.server import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    sys.exit(serve(from_args(parser.parse_args())))
