# An image of a Ray node that measures: Ray's own, with sspd and what its extra `scale` needs.
# The tag has the version of ray in constraints.txt, and every node the same image.
#
#   docker build -f deploy/ray.Dockerfile -t registry.example/sspd-ray:1 .
FROM rayproject/ray:2.60.0-py313-cpu
COPY --chown=ray:users constraints.txt pyproject.toml README.md LICENSE /home/ray/sspd/
COPY --chown=ray:users src /home/ray/sspd/src
RUN python -m pip install --no-cache-dir --disable-pip-version-check \
        -c /home/ray/sspd/constraints.txt "/home/ray/sspd[scale]"
