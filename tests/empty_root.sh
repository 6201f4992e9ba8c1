#!/usr/bin/env bash
# Runs the release binary in an empty Debian root that holds what the Dockerfile installs, and nothing else.
#
# usage: empty_root.sh [BINARY]        (root is needed: debootstrap, chroot)
#
# No container engine is needed. The root file system is mounted read-only, the user is the one of the Dockerfile, and
# only the two volumes and /tmp can be written, as docker/compose.yaml has it.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-target/release/tokumei}")
[ -x "$binary" ] || { echo "no binary at $binary: cargo build --release" >&2; exit 1; }
for tool in debootstrap chroot unshare; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
[ "$(id -u)" -eq 0 ] || { echo "skipped: root is needed for debootstrap and chroot"; exit 77; }

base=$(realpath target)/empty-root
if [ ! -e "$base/complete" ]; then
    rm -rf "$base"
    debootstrap --variant=minbase bookworm "$base/root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$base.log" 2>&1 ||
        { tail -n 5 "$base.log" >&2; exit 1; }
    touch "$base/complete"
fi
root=$base/root

# The steps of the Dockerfile's second stage: its packages (none), its user, its directories, its two files.
grep -Eq '^RUN .*apt' Dockerfile && { echo "the Dockerfile installs packages that this script does not know" >&2; exit 1; }
chroot "$root" sh -c '
    getent passwd 10001 >/dev/null || { groupadd --gid 10001 tokumei &&
        useradd --uid 10001 --gid tokumei --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tokumei; }
    rm -rf /var/lib/tokumei
    install -d -o tokumei -g tokumei -m 0700 /var/lib/tokumei/data /var/lib/tokumei/keys'
install -m 0755 "$binary" "$root/usr/local/bin/tokumei"
install -D -m 0644 docker/tokumei.yaml "$root/etc/tokumei/tokumei.yaml"

# In namespaces of its own: a network that has only a loopback, so `archive` of the configuration is named here.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export root log
unshare --mount --net --pid --fork --kill-child sh -euc '
    ip link set lo up 2>/dev/null || true
    mount --bind "$root" "$root"
    for volume in data keys; do mount --bind "$root/var/lib/tokumei/$volume" "$root/var/lib/tokumei/$volume"; done
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o size=16m,mode=1777 tmpfs "$root/tmp"
    mount -o remount,bind,ro "$root"
    inside="chroot --userspec=10001:10001 $root env -i PATH=/usr/local/bin:/usr/bin:/bin"
    inside="$inside TOKUMEI_DATA_DIR=/var/lib/tokumei/data TOKUMEI_KEY_DIR=/var/lib/tokumei/keys"
    run() { $inside "$@"; }
    if run touch /x 2>/dev/null; then echo "the root can be written" >&2; exit 1; fi
    run tokumei --version
    run tokumei check --config /etc/tokumei/tokumei.yaml
    (exec $inside tokumei serve --config /etc/tokumei/tokumei.yaml 2>"$log") &
    serve=$!
    healthy=
    for _ in $(seq 50); do
        if run tokumei echo --self --config /etc/tokumei/tokumei.yaml; then healthy=yes; break; fi
        sleep 0.2
    done
    [ "$healthy" ] || { cat "$log" >&2; exit 1; }
    run tokumei status --config /etc/tokumei/tokumei.yaml
    kill -TERM "$serve"
    wait "$serve"
    run tokumei demo
'
echo "ok: runs in an empty Debian root, read-only, as user 10001"
