# syntax=docker/dockerfile:1
# Images of Parley, all from Debian 12. Targets: parley, nginx, minio. docker-compose.yml puts them together.

FROM debian:bookworm AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        gcc libc6-dev cmake ninja-build pkg-config python3 libfcgi-dev libjansson-dev libssl-dev libcurl4-openssl-dev \
        libmariadb-dev libmariadb-dev-compat libsqlite3-dev libhiredis-dev libunistring-dev libidn2-dev libcrypt-dev \
        liboath-dev libqrencode-dev python3-zxcvbn \
    && rm -rf /var/lib/apt/lists/*
# CVE-2025-23016: fixed in Debian's package, not in the version that upstream's number tells.
RUN dpkg --compare-versions "$(dpkg-query -W -f='${Version}' libfcgi-dev)" ge 2.4.2-2+deb12u1
WORKDIR /src
COPY . .
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPython3_EXECUTABLE=/usr/bin/python3 \
    && ninja -C /build parley \
    && strip /build/parley

# The pages that nginx serves. Nothing that a package brings is run.
FROM debian:bookworm AS web
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs npm ca-certificates \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund
COPY web .
RUN node build.mjs /out

# The program and the libraries it needs; no shell script stands between it and the container's signals.
FROM debian:bookworm-slim AS parley
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libfcgi0ldbl libfcgi-bin libjansson4 libssl3 libcurl4 libmariadb3 libsqlite3-0 libhiredis0.14 libunistring2 libidn2-0 \
        libcrypt1 liboath0 libqrencode4 ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && dpkg --compare-versions "$(dpkg-query -W -f='${Version}' libfcgi0ldbl)" ge 2.4.2-2+deb12u1 \
    && groupadd --system --gid 10001 parley \
    && useradd --system --uid 10001 --gid parley --home-dir /var/lib/parley --no-create-home parley \
    && install -d -o parley -g parley -m 0750 /var/lib/parley /run/parley
COPY --from=build /build/parley /usr/local/bin/parley
COPY --chmod=0755 nginx/fcgi-health /usr/local/bin/fcgi-health
USER parley
WORKDIR /var/lib/parley
ENV VAR_DIR=/var/lib/parley FCGI_SOCKET=/run/parley/parley.sock
VOLUME ["/var/lib/parley", "/run/parley"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["fcgi-health", "/run/parley/parley.sock"]
CMD ["parley", "serve"]

# nginx as the same user: it reads the socket and, with the folder store, the attachments.
FROM debian:bookworm-slim AS nginx
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        nginx-light openssl curl ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 parley \
    && useradd --system --uid 10001 --gid parley --home-dir /var/lib/nginx-parley --no-create-home parley \
    && install -d -o parley -g parley -m 0750 /var/lib/nginx-parley /var/lib/nginx-parley/tls /var/lib/parley /run/parley
COPY nginx /usr/local/share/parley/nginx
COPY --from=web /out /usr/local/share/parley/web
USER parley
WORKDIR /var/lib/nginx-parley
ENV VAR_DIR=/var/lib/nginx-parley OBJECTS_DIR=/var/lib/parley/objects FCGI_SOCKET=/run/parley/parley.sock \
    HTTPS_HOST=0.0.0.0 HTTPS_PORT=8443 NGINX_ERROR_LOG=stderr WEB_DIR=/usr/local/share/parley/web
EXPOSE 8443
VOLUME ["/var/lib/nginx-parley/tls"]
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD curl -sSk -o /dev/null "https://127.0.0.1:${HTTPS_PORT}/health/live"
CMD ["/usr/local/share/parley/nginx/start"]

# MinIO publishes no image any more: its source, at one version, by its own build command.
FROM golang:1.24-bookworm AS minio-build
RUN CGO_ENABLED=0 go install -trimpath -ldflags='-s -w' \
        github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c

FROM debian:bookworm-slim AS minio
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10002 minio \
    && useradd --system --uid 10002 --gid minio --home-dir /data --no-create-home minio \
    && install -d -o minio -g minio -m 0750 /data
COPY --from=minio-build /go/bin/minio /usr/local/bin/minio
USER minio
ENV MINIO_BROWSER=off MINIO_UPDATE=off
VOLUME ["/data"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:9000/minio/health/ready"]
CMD ["minio", "server", "--quiet", "--address", ":9000", "/data"]
