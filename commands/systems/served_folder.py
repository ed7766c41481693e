"""The scripts that switch the link of a served folder to a release, and their exit codes."""

from __future__ import annotations

from commands.systems.built_page import TELL_PARTS
from commands.systems.folders.may_write import MAY_WRITE
from commands.systems.later_parts import TELL_LATER
from commands.systems.linked_files import TELL_LINKED
from commands.systems.old_build import TELL_OLD
from commands.systems.packed_files import TELL_PACKED
from commands.systems.preflight.free_files import FITS_FILES, FREE_FILES
from commands.systems.scripts import script

_IS_LINK = '[ ! -e "$WWW/current" ] || [ -L "$WWW/current" ] || exit 67'
# what the link points to before the first try of this run is what its rollback serves again
_NOTE = f"""\
{_IS_LINK}
mkdir -p "$WWW/releases"
note="$WWW/releases/.before-$RUN"
now=$(readlink "$WWW/current" || true)
[ -e "$note" ] || {{ printf %s "$now" > "$note.part"; mv "$note.part" "$note"; }}
printf 'release_before=%s\\n' "$(basename "$(cat "$note")")"
"""
# a run that was killed leaves its part of a copy; a folder with the commit's name may be another build of it, or half
# a copy: only an equal one is served
_COPY = (
    FITS_FILES
    + """\
cd "$REPOSITORY/$SOURCE"
grep -qF "$COMMIT" "./$STAMP" || {
  named=$(tr '\\n' ' ' < "./$STAMP" | sed -nE 's/.*"commit"[[:space:]]*:[[:space:]]*"([0-9a-f]{7,64})".*/\\1/p')
  case $COMMIT in "${named:-none}"*) ;; *) exit 65 ;; esac
}
part="$WWW/releases/.part-$RUN"; remove "$WWW/releases"/.part-*
fits_files . "$WWW/releases" || exit 70
cp -R . "$part" || { remove "$part"; exit 71; }
links=--no-dereference; diff "$links" /dev/null /dev/null > /dev/null 2>&1 || links=
equal() { diff -rq $links "$part" "$1" > /dev/null; }
equal . || exit 68
release=$COMMIT; n=1
while [ -e "$WWW/releases/$release" ] && ! equal "$WWW/releases/$release"; do n=$((n + 1)); release=$COMMIT-$n; done
if [ -e "$WWW/releases/$release" ]; then remove "$part"; else mv -T "$part" "$WWW/releases/$release"; fi
target=releases/$release
"""
)
# a run without a note has not switched the link: it serves what it did before, whatever that is called, such as
# another build of the commit, COMMIT-2
_BEFORE = """\
note="$WWW/releases/.before-$RUN"; target=releases/$COMMIT
if [ -s "$note" ]; then target=$(cat "$note")
elif [ ! -e "$note" ] && [ -L "$WWW/current" ]; then
  served=$(readlink "$WWW/current")
  case $(basename "$served") in "$COMMIT"-*) target=$served ;; *) [ -d "$WWW/$target/" ] || target=$served ;; esac
fi
"""
# what the rollback of this run would go back to, once the run has noted it, and whether the link can be replaced
IN_WAY = f"""\
[ -e "$WWW/releases/.before-$RUN" ] || exit 0
{_BEFORE}\
case $target in /*) ;; *) target=$WWW/$target ;; esac
[ -d "$target/" ] || printf 'gone=%s\\n' "$(basename "$target")"
[ -w "$WWW" ] || echo closed=yes
"""
_OF_BEFORE = 'left=$(cat "$note")\n'  # what this run found: what a second try finds is the new build
_OF_LINK = 'left=$(readlink "$WWW/current" || true)\n'
_TELL = '\ntell_old "$left" || true\n'
_SWITCH = """\
case $left in ""|/*) ;; *) left=$WWW/$left ;; esac
ln -sfn "$target" "$WWW/current.next"
[ -d "$WWW/current.next/" ] || { rm "$WWW/current.next"; exit 66; }
mv -T "$WWW/current.next" "$WWW/current"
"""
WRONG_BUILD, NO_RELEASE, NO_LINK, NOT_COPIED = 65, 66, 67, 68  # exit codes of the scripts
NO_FILES, NOT_COMPLETE = 70, 71
CAN_GO_BACK = f"""\
{FREE_FILES}{MAY_WRITE}\
{_IS_LINK}
[ ! -e "$WWW/releases" ] || may_write "$WWW/releases" || exit 69
[ -d "$WWW/current/" ] || exit 66
to=$WWW/releases; [ -e "$to" ] || to=$WWW
printf 'files=%s\\nfree_files=%s\\n' "$(find "$WWW/current/" | wc -l)" "$(free_files "$to")"
du -sk "$WWW/current/" | cut -f 1
df -Pk "$to" | awk 'NR == 2 {{ print $4 }}'"""
NOT_WRITABLE = 69
# FORWARD copies the build and serves it; BACK serves what this run found when it began
_TELL_NEW = "tell_packed || true\ntell_linked || true\ntell_later || true\n"
_DEFINED = script("folders/read_only.sh") + TELL_OLD + TELL_PACKED + TELL_LINKED + TELL_LATER
FORWARD = _DEFINED + _NOTE + _COPY + _OF_BEFORE + _SWITCH + TELL_PARTS + _TELL + _TELL_NEW
BACK = _IS_LINK + "\n" + TELL_OLD + _BEFORE + _OF_LINK + _SWITCH + TELL_PARTS + _TELL
