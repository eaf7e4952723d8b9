# make lab    set up once, copy the chapters that are not there yet into mine/, and open JupyterLab on the index
# make test   set up once, then run every test and every notebook
# make site   set up once, then build the course as a web site in build/site
# make browser  set up once, then open every chapter in an installed Chromium and move what can be moved
# make setup  only the set-up: a .venv with the tested packages
#
#   PYTHON=python3.12        another Python (3.11 or newer)
#   TORCH_INDEX=https://download.pytorch.org/whl/cpu   torch's build without CUDA, for a Linux machine without a GPU
#   LAB_ARGS=--no-browser    passed on to `minivid lab`;  TEST_ARGS, likewise, to `minivid test`;  SITE_ARGS to `minivid site`, BROWSER_ARGS to pytest

PYTHON ?= python3
export TORCH_INDEX

.PHONY: setup lab test site browser

setup:
	@command -v $(PYTHON) >/dev/null || { echo "set-up: there is no $(PYTHON) here: install Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) bootstrap.py

lab: setup
	@.venv/bin/minivid lab $(LAB_ARGS)

test: setup
	@.venv/bin/minivid test $(TEST_ARGS)

site: setup
	@.venv/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[site]'
	@.venv/bin/minivid site $(SITE_ARGS)

browser: setup
	@.venv/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[browser,site]'
	@MINIVID_BROWSER=required .venv/bin/python -m pytest tests/browser -p no:xdist $(BROWSER_ARGS)
