# The image in which one model trains, where `fit` needs a framework of its own: the same code, the model's packages.
# Its lock is made for the Python named here. What it trains is served by the one image of all models.
FROM public.ecr.aws/docker/library/python:3.11-slim-bookworm

WORKDIR /opt/program
# LightGBM asks the system for OpenMP's library.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
COPY bootstrap.lock .
RUN pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: --requirement bootstrap.lock
ARG REQUIREMENTS
COPY ${REQUIREMENTS} requirements.txt
RUN uv pip install --system --no-cache --no-deps --require-hashes --only-binary :all: --torch-backend cpu \
    --requirement requirements.txt
COPY tidegate tidegate
COPY schemas schemas
COPY pipelines pipelines

ENV PYTHONPATH=/opt/program PYTHONUNBUFFERED=1
ENTRYPOINT ["python", "-m", "tidegate.models.container"]
CMD ["train"]
