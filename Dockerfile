# The gateway in a container: one static-enough binary, nothing else installed, no root, a read-only root file system.
#
#   docker build -t tokumei .
#   docker run --read-only --tmpfs /tmp -p 11112:11112 -v data:/var/lib/tokumei/data -v keys:/var/lib/tokumei/keys tokumei
#
# See docker/compose.yaml for the gateway together with an archive.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin tokumei

FROM debian:bookworm-slim
# 10001 is nobody's number on a usual host, so the files of the volumes belong to the gateway alone. Keys are on a volume
# of their own: whoever gets the data must not get what opens them.
RUN groupadd --gid 10001 tokumei \
    && useradd --uid 10001 --gid tokumei --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tokumei \
    && install -d -o tokumei -g tokumei -m 0700 /var/lib/tokumei/data /var/lib/tokumei/keys
COPY --from=build /src/target/release/tokumei /usr/local/bin/tokumei
COPY docker/tokumei.yaml /etc/tokumei/tokumei.yaml
ENV TOKUMEI_DATA_DIR=/var/lib/tokumei/data \
    TOKUMEI_KEY_DIR=/var/lib/tokumei/keys
USER 10001:10001
WORKDIR /var/lib/tokumei
VOLUME ["/var/lib/tokumei/data", "/var/lib/tokumei/keys"]
EXPOSE 11112
# SIGTERM drains: open associations finish, the queue stays on disk.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s --retries=3 \
    CMD ["tokumei", "echo", "--self", "--config", "/etc/tokumei/tokumei.yaml"]
ENTRYPOINT ["tokumei"]
CMD ["serve", "--config", "/etc/tokumei/tokumei.yaml"]
