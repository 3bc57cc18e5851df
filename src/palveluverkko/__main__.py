"""``python -m palveluverkko`` is the command line."""

from palveluverkko.cli import run

if __name__ == "__main__":
    run()
