# napari-dsc without a screen: one scan, or a cohort. No Qt binding is installed.
#
#   docker build -t napari-dsc .
#   docker run --rm napari-dsc verify
#   docker run --rm --network none --user "$(id -u):$(id -g)" -v "$PWD:/work" napari-dsc \
#       cohort bids/ bids/derivatives/napari-dsc participant
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY napari_dsc ./napari_dsc
RUN python -m venv /opt/napari-dsc \
    && /opt/napari-dsc/bin/pip install --no-cache-dir ".[cohort,dicom,motion,report,xarray]"

FROM python:3.12-slim
COPY --from=build /opt/napari-dsc /opt/napari-dsc
ENV PATH="/opt/napari-dsc/bin:$PATH" \
    XDG_STATE_HOME=/tmp/state \
    MPLCONFIGDIR=/tmp/matplotlib \
    OMP_NUM_THREADS=1
WORKDIR /work
USER 1000:1000
ENTRYPOINT ["napari-dsc"]
CMD ["--help"]
