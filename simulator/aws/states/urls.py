"""The addresses of Step Functions."""

from simulator.aws.states.responses import StatesResponse

url_bases = [r"https?://(sync-)?states\.(.+)\.amazonaws.com"]
url_paths = {"{0}/$": StatesResponse.dispatch}
