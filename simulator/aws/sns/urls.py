"""Where SNS answers: by its host, and by the path that its links have where the world is served."""

from __future__ import annotations

from simulator.aws.sns.responses import VirtualSNSResponse

url_bases = [r"https?://sns\.(.+)\.amazonaws\.com"]

_SERVED = "/sns_[a-z0-9-]+"

url_paths = {
    "{0}/$": VirtualSNSResponse.dispatch,
    "{0}" + _SERVED + "/$": VirtualSNSResponse.dispatch,
    "{0}/SimpleNotificationService-(?P<pem_id>[^/]+).pem": VirtualSNSResponse.serve_pem,
    "{0}" + _SERVED + "/SimpleNotificationService-(?P<pem_id>[^/]+).pem": (
        VirtualSNSResponse.serve_pem
    ),
}
