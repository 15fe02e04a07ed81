"""The addresses of EventBridge Scheduler."""

from moto.scheduler.urls import url_bases
from moto.scheduler.urls import url_paths as moto_paths

from simulator.aws.scheduler.responses import SchedulerResponse

__all__ = ["url_bases", "url_paths"]

url_paths = dict.fromkeys(moto_paths, SchedulerResponse.dispatch)
