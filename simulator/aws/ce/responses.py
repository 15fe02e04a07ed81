"""Cost Explorer's requests and answers: moto's, and what things cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.ce.responses import CostExplorerResponse as MotoResponse
from moto.organizations.models import organizations_backends

from simulator.aws.ce import current_world
from simulator.aws.ce.costs import Costs, period
from simulator.aws.ce.expressions import dimension

_costs: list[Costs] = []
"""Of the newest world that was asked about, if any."""


class CostExplorerResponse(MotoResponse):
    """One method for each operation, called by its name."""

    def get_cost_and_usage(self) -> str:
        """GetCostAndUsage; what was prepared by moto's own route for it comes first."""
        backend = self.ce_backend
        if self.body in backend.cost_usage_results or backend.cost_usage_results_queue:
            return super().get_cost_and_usage()
        said = json.loads(self.body)
        results = self._costs().results(said, self._accounts())
        told: dict[str, Any] = {"ResultsByTime": results, "DimensionValueAttributes": []}
        if said.get("GroupBy"):
            told["GroupDefinitions"] = said["GroupBy"]
        return json.dumps(told)

    def get_dimension_values(self) -> str:
        """GetDimensionValues."""
        said = json.loads(self.body)
        read = dimension(str(said.get("Dimension")))
        found = sorted({read(entry) for entry in self._asked(said)})
        values = [{"Value": value, "Attributes": {}} for value in _searched(found, said)]
        sizes = {"ReturnSize": len(values), "TotalSize": len(values)}
        return json.dumps({"DimensionValues": values, **sizes})

    def get_tags(self) -> str:
        """GetTags: the keys of tags, or the values of one."""
        said = json.loads(self.body)
        pairs = {pair for entry in self._asked(said) for pair in entry.owner.tags}
        wanted = said.get("TagKey")
        found = sorted({key if wanted is None else value for key, value in pairs
                        if wanted in (None, key)})  # fmt: skip
        tags = _searched(found, said)
        return json.dumps({"Tags": tags, "ReturnSize": len(tags), "TotalSize": len(tags)})

    def _asked(self, said: Mapping[str, Any]) -> list[Any]:
        return self._costs().entries(*period(said), self._accounts(), said.get("Filter") or {})

    def _costs(self) -> Costs:
        world = current_world()
        if not _costs or _costs[0].world is not world:
            _costs[:] = [Costs(world)]
        return _costs[0]

    def _accounts(self) -> list[str]:
        """Whose costs the caller sees: its own; an organization's all, if it manages one."""
        organization = organizations_backends[self.current_account][self.partition]
        members = [str(member.id) for member in organization.accounts]
        managed = organization.org is not None
        return [self.current_account, *(members if managed else [])]


def _searched(found: Sequence[str], said: Mapping[str, Any]) -> list[str]:
    part = str(said.get("SearchString") or "").lower()
    return [value for value in found if part in value.lower()]
