# The course with its packages, for students and for grading strangers' notebooks. Nobody in it is root, and it needs no network.
#
#   docker build -t minivid .                                            torch without CUDA
#   docker build -t minivid --build-arg TORCH_INDEX= .                   torch with CUDA; run it with --gpus all
#   docker run --rm -it -p 127.0.0.1:8888:8888 -v "$PWD/mine:/course/mine" minivid
#
# Grading: see "In a container" in GRADING.md. podman takes the same words. BASE is Debian with Python 3.11 or newer in it.
ARG BASE=docker.io/library/debian:bookworm-slim
FROM ${BASE}

RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates git make python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*

# Binder looks for a user of this number.
RUN useradd --create-home --uid 1000 student && install --directory --owner=student /course
USER student
WORKDIR /course
ENV PATH="/course/.venv/bin:$PATH" PYTHONUNBUFFERED=1

# What decides which packages there are, first: a change in a chapter does not install them anew.
COPY --chown=student bootstrap.py constraints.txt pyproject.toml README.md LICENSE ./
COPY --chown=student minivid/__init__.py minivid/__init__.py
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN TORCH_INDEX="$TORCH_INDEX" PIP_NO_CACHE_DIR=1 python3 bootstrap.py

COPY --chown=student . .
EXPOSE 8888
CMD ["minivid", "lab", "--no-browser", "--", "--ip=0.0.0.0"]
