"""Keeps git to the working copy that the page names, whatever the host's environment says."""

from __future__ import annotations

# a GIT_DIR of a profile or of a hook would lead git to another repository
OWN_REPOSITORY = "unset $(git rev-parse --local-env-vars 2> /dev/null | grep -v CONFIG)\n"
