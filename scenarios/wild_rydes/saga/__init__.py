"""The saga lab: a fare that is either processed in every system, or in none."""
