# docker build -t larkhook .
# docker run -p 8064:8064 -v ./larkhook.yaml:/etc/larkhook/larkhook.yaml:ro -v larkhook:/var/lib/larkhook larkhook
#
# In larkhook.yaml: server.listen 0.0.0.0:8064 and storage sqlite:/var/lib/larkhook/larkhook.db.

FROM rust:1-slim-trixie AS build
WORKDIR /src
# A layer of dependencies alone: it is built again only when Cargo.toml or Cargo.lock change. The files of benchmarks
# come with the sources.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
RUN sed -i '/^\[\[bench\]\]/,$d' Cargo.toml \
    && mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --locked --profile dist \
    && rm -r src target/dist/larkhook* target/dist/liblarkhook* target/dist/deps/*larkhook* target/dist/.fingerprint/larkhook-*
COPY . .
RUN cargo build --locked --profile dist

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 65532 --no-create-home --home-dir /var/lib/larkhook larkhook \
    && install -d -o 65532 -g 65532 /var/lib/larkhook
COPY --from=build /src/target/dist/larkhook /usr/local/bin/larkhook
USER 65532:65532
WORKDIR /var/lib/larkhook
VOLUME /var/lib/larkhook
EXPOSE 8064
ENTRYPOINT ["larkhook"]
CMD ["serve", "-c", "/etc/larkhook/larkhook.yaml"]
