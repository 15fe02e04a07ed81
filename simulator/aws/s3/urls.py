"""The addresses of S3: moto's, our answers."""

from __future__ import annotations

from moto.s3 import urls as moto

from simulator.aws.s3.responses import S3Response

url_bases = moto.url_bases
url_paths = {
    path: getattr(S3Response, handler.__name__) for path, handler in moto.url_paths.items()
}
