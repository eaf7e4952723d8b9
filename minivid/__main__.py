"""`python -m minivid` is the command `minivid`: what `accelerate launch -m minivid train …` starts."""

from minivid.cli import main

if __name__ == "__main__":
    main()
