FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY emulator emulator
COPY fixtures fixtures
RUN python -m venv /opt/hobbyhorse \
    && /opt/hobbyhorse/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.11-slim
# The fonts draw Chinese and Latin prompts.
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-droid-fallback fonts-liberation \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home hobbyhorse
COPY --from=build /opt/hobbyhorse /opt/hobbyhorse
USER hobbyhorse
EXPOSE 8700 8701
# Inside a container loopback reaches nobody, so the bind is wide and a control token is made and printed.
ENTRYPOINT ["/opt/hobbyhorse/bin/hobbyhorse", "serve", "--host", "0.0.0.0"]
