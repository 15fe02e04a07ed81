"""What keeps the child in: namespaces, Landlock, seccomp, resource limits, an unprivileged user."""
