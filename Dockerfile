# mirpre without TensorFlow: docker build -t mirpre . && docker run --rm -v "$PWD:/data" mirpre classify hairpins.fa
FROM python:3.12-bookworm AS build
COPY . /source
RUN pip wheel --no-cache-dir --wheel-dir /wheels /source

FROM python:3.12-slim-bookworm
# Only the wheels are taken over; the index is not asked again.
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels /wheels/mirpre-*.whl \
    && useradd --uid 1000 --create-home mirpre
USER 1000
WORKDIR /data
ENTRYPOINT ["mirpre"]
CMD ["--help"]
