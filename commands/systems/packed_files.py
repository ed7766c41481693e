"""Packed files of a build (`.gz`, `.br`, `.zst`) that are not their originals packed."""

from __future__ import annotations

import re

from commands.text.numbers import format_count, printed_number
from commands.text.printable import printable
from state.frozen import dataclass

# Defines `tell_packed`: of the folder in which the build was made, because a copy has lost the times. What no program
# here unpacks is judged by its age, of which a minute is nothing.
TELL_PACKED = """
tell_packed() {
  local one from unpack
  command -v cmp > /dev/null || return 0
  find . -type f \\( -name '*.gz' -o -name '*.br' -o -name '*.zst' \\) | LC_ALL=C sort |
    awk 'NR <= 2000 { print } END { if (NR > 2000) print "packed_unseen=" NR - 2000 }' |
    while IFS= read -r one; do
      case $one in packed_unseen=*) printf '%s\\n' "$one"; continue ;; esac
      from=${one%.*}; [ -f "$from" ] || continue
      case $one in *.gz) unpack=gzip ;; *.br) unpack=brotli ;; *) unpack=zstd ;; esac
      if command -v "$unpack" > /dev/null; then
        "$unpack" -dc "$one" 2> /dev/null | cmp -s - "$from" || printf '%s\\n' "${one#./}"
      elif [ "$(stat -c %Y "$from")" -gt "$(($(stat -c %Y "$one") + 60))" ]; then printf '%s\\n' "${one#./}"; fi
    done | awk '/^packed_unseen=/ { print; next } first == "" && length($0) <= 200 { first = $0 }
      { n++ } END { if (n) printf "packed_other=%d\\npacked_first=%s\\n", n, first }'
}
"""
_LINE = re.compile(r"^(packed_other|packed_first|packed_unseen)=([^\n]+)$", re.MULTILINE)
_SHOWN = 100  # characters of a name


@dataclass(frozen=True)
class PackedFiles:
    """How many packed files of a build are not their originals packed, and the first; `unseen` were not unpacked."""

    count: int = 0
    first: str = ""
    unseen: int = 0

    def not_told(self) -> str:
        """What nobody compared, as a clause, or empty."""
        return f"whether {format_count(self.unseen, 'more packed file')} are this build's" if self.unseen else ""

    def doubt(self) -> str:
        """Why browsers may get another file than the bot, as a clause; empty if they do not."""
        if not self.count or not self.first:
            return ""
        more = f" (and {format_count(self.count - 1, 'more file')})" if self.count > 1 else ""
        name = printable(self.first)[:_SHOWN]
        return (
            f"{name}{more} is not {name.rpartition('.')[0]} packed, but older or another: a web server that "
            "sends packed files (gzip_static, brotli_static) gives browsers what is in it. Let the build begin with an "
            "empty folder"
        )


def packed_files(output: str) -> PackedFiles:
    """What the script has printed."""
    found = dict(_LINE.findall(output))
    count, unseen = (printed_number(found.get(name, "")) for name in ("packed_other", "packed_unseen"))
    return PackedFiles(count, found.get("packed_first", ""), unseen)
