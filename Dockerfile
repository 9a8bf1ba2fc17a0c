# One image for every service; the command chooses.
FROM python:3.11-slim-bookworm

WORKDIR /opt/hailong
COPY . .
# The lock names the versions; only what the product itself needs is installed.
# URLLIB3_NO_OVERRIDE: what grafana-client brings would otherwise take the place of urllib3.
RUN URLLIB3_NO_OVERRIDE=1 pip install --no-cache-dir --no-binary urllib3-future --constraint requirements.lock '.[grafana]' \
  && useradd --system --create-home --home-dir /data hailong

USER hailong
WORKDIR /data
VOLUME /data
ENV HAILONG_STATE_DIR=/data \
  HAILONG_OUTBOX_PATH=/data/outbox.sqlite \
  HAILONG_LISTEN_HOST=0.0.0.0 \
  PYTHONUNBUFFERED=1
ENTRYPOINT ["hailong"]
CMD ["--help"]
