"""AWS in this process: moto's state behind our endpoint; the only room that knows moto and botocore."""
