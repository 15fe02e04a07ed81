"""The addresses of the Price List service."""

from simulator.aws.pricing.responses import PricingResponse

url_bases = [r"https?://(?:api\.)?pricing\.(.+)\.amazonaws\.com"]
url_paths = {"{0}/$": PricingResponse.dispatch}
