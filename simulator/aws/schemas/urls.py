"""The addresses of the schema registry."""

from simulator.aws.schemas.responses import SchemasResponse

url_bases = [r"https?://schemas\.(.+)\.amazonaws\.com"]
url_paths = {
    "{0}/v1/.+$": SchemasResponse.dispatch,
    "{0}/tags/.+$": SchemasResponse.dispatch,
}
