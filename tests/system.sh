#!/bin/sh
# Installs the Debian packages that the tests need and pip cannot bring; where it may not, it names the command.
set -eu

need=""
[ -x /usr/sbin/sshd ] || need="$need openssh-server"
command -v ssh >/dev/null || need="$need openssh-client"
command -v chromium >/dev/null || command -v google-chrome >/dev/null || need="$need chromium"
fc-list 2>/dev/null | grep -qi 'noto.*thai\|noto sans thai' || need="$need fonts-noto-core fonts-noto-color-emoji"
# without these, the tests of copied records, other login shells and tools, poolers, metrics, journals, containers,
# registries, systemd, rolling deploys and Rails are skipped
better=""
command -v sqlite3 >/dev/null || better="$better sqlite3"
command -v tcsh >/dev/null || better="$better tcsh"
command -v busybox >/dev/null || better="$better busybox"
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || better="$better pgbouncer"
command -v prometheus >/dev/null || better="$better prometheus"
[ -x /lib/systemd/systemd-journal-remote ] || better="$better systemd-journal-remote"
command -v dockerd >/dev/null || [ -x /usr/sbin/dockerd ] || better="$better docker.io"
command -v podman >/dev/null || better="$better podman"
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || better="$better nginx-light"
command -v docker-compose >/dev/null || better="$better docker-compose"
command -v docker-registry >/dev/null || better="$better docker-registry"
command -v systemd-nspawn >/dev/null || better="$better systemd-container"
command -v debootstrap >/dev/null || [ -x /usr/sbin/debootstrap ] || better="$better debootstrap debian-archive-keyring"
command -v rails >/dev/null || better="$better ruby-railties ruby-activerecord ruby-pg rake"
[ -z "$need$better" ] && exit 0

install() {
    echo "installing: $*"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    # shellcheck disable=SC2086  # a list of words
    [ -z "$need" ] || install $need
    # shellcheck disable=SC2086
    [ -z "$better" ] || install $better || echo "not installed, so their tests are skipped:$better" >&2
elif [ -n "$need" ]; then
    echo "The tests need these programs; install them and run make test again:" >&2
    echo "    sudo apt-get install$need$better" >&2
    exit 1
else
    echo "Some tests are skipped without these programs: sudo apt-get install$better" >&2
fi
