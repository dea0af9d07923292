# docker build -t w2v . && docker run --rm -v "$PWD:/data" w2v train corpus.txt
# Compiled code is kept in /cache: mount a volume there, and later runs start in a second.
FROM python:3.13-slim
COPY . /src
RUN pip install --no-cache-dir '/src[parquet,zstd]' && rm -r /src && install -d -m 1777 /cache
ENV NUMBA_CACHE_DIR=/cache
VOLUME /cache
WORKDIR /data
ENTRYPOINT ["w2v"]
CMD ["--help"]
