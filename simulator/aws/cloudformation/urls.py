"""Where CloudFormation's calls arrive."""

from simulator.aws.cloudformation.responses import FormationResponse

url_bases = [r"https?://cloudformation\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": FormationResponse.dispatch}
