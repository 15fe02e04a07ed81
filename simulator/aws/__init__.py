"""AWS in this process, on moto's state; the only room that knows moto and botocore inside."""
