"""Labs about Wild Rydes, a start-up that replaces taxis with unicorns."""
