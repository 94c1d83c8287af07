# The server alone: built on Debian, run on Debian as a user without rights, with nothing but the program and the
# certificates of public authorities.
FROM node:22-bookworm-slim AS assets
WORKDIR /source
COPY assets ./assets
RUN npm ci --prefix assets --no-audit --no-fund --ignore-scripts && npm run --prefix assets build

FROM rust:1.95-bookworm AS build
# The image's own toolchain: rust-toolchain.toml would have rustup fetch parts that a build does not need.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /source
COPY . .
COPY --from=assets /source/assets/dist ./assets/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked -p usher-web --bin usher \
    && install -D target/release/usher /out/usher

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/usher --create-home --shell /usr/sbin/nologin usher
COPY --from=build /out/usher /usr/local/bin/usher
COPY scripts/healthcheck.sh /usr/local/bin/usher-healthcheck
USER usher
WORKDIR /var/lib/usher
ENV USHER_LISTEN=0.0.0.0:8080 \
    USHER_LOG_FORMAT=json
EXPOSE 8080
VOLUME /var/lib/usher
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["usher-healthcheck", "8080"]
ENTRYPOINT ["usher"]
CMD ["serve"]
