"""``python -m palveluverkko`` is the command line."""

from palveluverkko.cli import main

if __name__ == "__main__":
    main()
