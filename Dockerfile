ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python3 -m venv /opt/reglament && python3 -m venv /opt/build
COPY requirements/ requirements/
RUN /opt/reglament/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY . .
RUN /opt/build/bin/python tools/front_end.py \
 && find webui/translations -name '*.po' -exec sh -c '/opt/reglament/bin/pybabel -q compile -i "$1" -o "${1%.po}.mo"' _ {} \; \
 && /opt/build/bin/hatchling build -t wheel \
 && /opt/reglament/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM ${BASE}
COPY --from=build /opt/reglament /opt/reglament
RUN useradd --system --uid 10001 --home-dir /var/lib/reglament --create-home reglament
USER 10001
WORKDIR /var/lib/reglament
ENV PATH=/opt/reglament/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    REGLAMENT_VAR=/var/lib/reglament
VOLUME /var/lib/reglament
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
CMD ["reglament", "web"]
