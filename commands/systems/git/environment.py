"""Keeps git to the working copy that the page names, whatever the host's environment says."""

from __future__ import annotations

# What leads git to another repository, as a GIT_DIR of a profile or of a hook would. These are the names that
# `git rev-parse --local-env-vars` prints, without those of its configuration; the host's git is not asked for them,
# because what it answers must not name what is unset here.
_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
)  # fmt: skip
# what changes how git reads a path, or lets it say what it does, line by line
_MANNERS = (
    "GIT_CURL_VERBOSE", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
)  # fmt: skip
# nor does a ref under refs/replace give a commit other files
OWN_REPOSITORY = (
    f"unset {' '.join(_VARIABLES)}\nunset ${{!GIT_TRACE@}} {' '.join(_MANNERS)}\nexport GIT_NO_REPLACE_OBJECTS=1\n"
)
