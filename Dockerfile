# An image of the mock: docker build -t watchword . && docker run --rm -p 127.0.0.1:8080:8080 watchword sensu
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN pip install --no-cache-dir --prefix=/installed ".[tls]"

FROM python:3.13-slim
COPY --from=build /installed /usr/local
RUN useradd --system --uid 10001 --no-create-home watchword
USER 10001
WORKDIR /tmp
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8080
STOPSIGNAL SIGTERM
# The ready file leads through TLS and past the control token, whatever options the mock was started with.
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s --start-interval=200ms --retries=3 \
  CMD ["python", "-c", "from watchword.mockserver import connect; connect('/tmp/watchword-mock.json')"]
ENTRYPOINT ["watchword", "mock", "--host", "0.0.0.0", "--port", "8080", "--ready-file", "/tmp/watchword-mock.json"]
CMD ["--help"]
