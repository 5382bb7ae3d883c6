#!/bin/sh
# Has systemd look over the units: that each is valid, and how much of the system each could reach (10 is everything).
# LORAD names the binary that the units are to start, .build/release/lorad unless given; with -q nothing is told but mistakes.
set -eu
cd "$(dirname "$0")"

lorad=${LORAD:-../../.build/release/lorad}
command -v systemd-analyze >/dev/null || {
    echo "verify.sh: there is no systemd-analyze: apt-get install systemd" >&2
    exit 1
}
[ -x "$lorad" ] || lorad=/bin/true
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# An instance of each, as systemctl would start it, with the binary where it lies here.
for unit in lorad-coordinator lorad-worker; do
    sed "s|/usr/bin/lorad |$(realpath "$lorad") |" "$unit@.service" >"$folder/$unit@.service"
    systemd-analyze verify --man=no "$folder/$unit@check.service" 2>"$folder/complaints" || {
        cat "$folder/complaints" >&2
        exit 1
    }
    if grep "$unit" "$folder/complaints" >&2; then exit 1; fi
    # SYSTEMD_ANALYZE looks at the file alone; threshold 40 is an exposure of 4.0.
    score=$(systemd-analyze security --no-pager --offline=true --threshold=40 "$folder/$unit@.service" | tail -n 1)
    [ "${1:-}" = -q ] || echo "$unit: ${score#*: }"
done
