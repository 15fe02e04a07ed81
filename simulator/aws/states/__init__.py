"""Step Functions: moto's interpreter on fibers, with what AWS does and it does not."""
