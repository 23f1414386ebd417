# An image that runs `sspd serve`: what measuring needs and the server, without torch.
#
#   docker build -t sspd .
#   docker run --rm --read-only --tmpfs /tmp -v sspd:/state -p 127.0.0.1:8000:8000 \
#       -e SSPD_TOKENS="$(python3 -c 'import secrets; print(secrets.token_urlsafe())')" sspd
#
# The image redistributes libraries with licences of their own: see docs/installing.md.

FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY requirements-serve.txt ./
RUN python -m venv /opt/sspd \
    && /opt/sspd/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --requirement requirements-serve.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/sspd/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --no-build-isolation . \
    && /opt/sspd/bin/python -m compileall -q /opt/sspd/lib

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin sspd \
    && install -d -m 0700 -o sspd -g sspd /state
COPY --from=build /opt/sspd /opt/sspd
# /tmp is the one other place that is written: what libraries keep for a moment
ENV HOME=/tmp \
    MPLCONFIGDIR=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
VOLUME ["/state"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/opt/sspd/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["/opt/sspd/bin/sspd"]
# Without tokens it refuses to start, as everybody could call it.
CMD ["serve", "--host", "0.0.0.0", "--folder", "/state"]
