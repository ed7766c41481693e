#!/bin/sh
# Installs the Debian packages that the tests need and pip cannot bring; where it may not, it names the command.
set -eu

need=""
[ -x /usr/sbin/sshd ] || need="$need openssh-server"
command -v ssh >/dev/null || need="$need openssh-client"
command -v tcsh >/dev/null || need="$need tcsh"
command -v chromium >/dev/null || command -v google-chrome >/dev/null || need="$need chromium"
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || need="$need pgbouncer"
fc-list 2>/dev/null | grep -qi 'noto.*thai\|noto sans thai' || need="$need fonts-noto-core fonts-noto-color-emoji"
[ -z "$need" ] && exit 0

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing:$need"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $need >/dev/null
else
    echo "The tests need these programs; install them and run make test again:" >&2
    echo "    sudo apt-get install$need" >&2
    exit 1
fi
