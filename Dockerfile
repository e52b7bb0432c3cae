# One image for Prefect's server, its services and the workers of Eigenlead: what `make setup` installs, and nothing else.
FROM python:3.11.9-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make g++ \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home eigenlead \
    && install --directory --owner=eigenlead /eigenlead /data /home/eigenlead/.cache
USER eigenlead
WORKDIR /eigenlead
COPY --chown=eigenlead . .
# torch for processors only; the default one brings gigabytes for graphics cards
RUN PIP_NO_CACHE_DIR=1 PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make setup
ENV PATH=/eigenlead/.venv/bin:$PATH \
    OMP_NUM_THREADS=1 \
    DO_NOT_TRACK=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false
CMD ["eigenlead", "doctor"]
