# git's own verification, with SIGNERS as the only keys that count
who=$(git -c log.showSignature=false log -1 --format=%ce "$commit") kind=commit
if [ "$(git cat-file -t "$object")" = tag ]; then
  kind=tag
  who=$(git for-each-ref --format='%(taggeremail)' refs/gonogo/release)
  tag=$(git for-each-ref --format='%(tag)' refs/gonogo/release)
  [ "refs/tags/$tag" = "$found" ] || { printf 'tag=%s\n' "$tag"; exit 75; }
fi
who=${who#<} who=${who%>} newline=$'\n'
unset GONOGO_SIGNER
mkdir -p "$HOME/.gonogo"
folder=$(mktemp -d "$HOME/.gonogo/signers.XXXXXXXX")
trap 'rm -rf "$folder"' EXIT
printf '%s\n' "${SIGNERS//\\n/$newline}" > "$folder/signers"
# git judges a key as of the commit's own date, which its author writes; this judges it as of today.
# With GONOGO_SIGNER, the key must be that person's.
cat > "$folder/ssh-keygen" <<'END'
#!/usr/bin/env bash
words=()
while [ $# -gt 0 ]; do
  case "$1" in
    -Overify-time=*) ;;
    -I) words+=(-I "${GONOGO_SIGNER-$2}") && shift ;;
    *) words+=("$1") ;;
  esac
  shift
done
exec ssh-keygen "${words[@]}"
END
chmod 700 "$folder/ssh-keygen"
verify() {
  git -c gpg.ssh.allowedSignersFile="$folder/signers" -c gpg.ssh.program="$folder/ssh-keygen" \
    -c gpg.program=false -c gpg.openpgp.program=false -c gpg.x509.program=false "verify-$kind" "$object" 2>&1
}
verified=$(verify) || {
  form=$(git cat-file -p "$object" | awk '
    /-----BEGIN SSH SIGNATURE-----$/ { form = "ssh" }
    /-----BEGIN (PGP|SIGNED) (SIGNATURE|MESSAGE)-----$/ { form = "other" }
    END { print form ? form : "none" }')
  printf '%s\nsignature=%s\nsigned=%s\n' "$verified" "$form" "$kind"
  exit 74
}
printf '%s\n' "$verified"
GONOGO_SIGNER=$who verify > /dev/null || { printf 'who=%s\nsigned=%s\n' "$who" "$kind"; exit 76; }
