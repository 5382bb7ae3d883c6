#!/bin/sh
# Installs lorad with its manual pages, completions, units, run files and documentation. From the repository's root:
#
#   LORAD=.build/release/lorad PREFIX=/usr/local DESTDIR= cluster/debian/install.sh
#
# DESTDIR is a folder that stands for / while a package is made. ZSH_FOLDER is where zsh looks for completions.
set -eu

lorad=${LORAD:-.build/release/lorad}
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}$prefix
zsh=${ZSH_FOLDER:-share/zsh/site-functions}

[ -x "$lorad" ] || {
    echo "install.sh: $lorad is not there: build it with 'make build', or set LORAD" >&2
    exit 1
}

install -D -m 755 "$lorad" "$root/bin/lorad"

# The words of the pages and of the completions are those of --help.
pages=$(mktemp -d)
trap 'rm -r "$pages"' EXIT
"$lorad" manual --output "$pages"
"$lorad" --generate-completion-script bash | sed "1{/^#!/d}" >"$pages/bash"
"$lorad" --generate-completion-script zsh >"$pages/zsh"
"$lorad" --generate-completion-script fish >"$pages/fish"
for page in "$pages"/*.1; do
    gzip -9n "$page"
    install -D -m 644 "$page.gz" "$root/share/man/man1/$(basename "$page").gz"
done
install -D -m 644 "$pages/bash" "$root/share/bash-completion/completions/lorad"
install -D -m 644 "$pages/zsh" "$root/$zsh/_lorad"
install -D -m 644 "$pages/fish" "$root/share/fish/vendor_completions.d/lorad.fish"

for unit in cluster/systemd/*.service; do
    sed "s|/usr/bin/lorad |$prefix/bin/lorad |" "$unit" >"$pages/unit"
    install -D -m 644 "$pages/unit" "$root/lib/systemd/system/$(basename "$unit")"
done

documentation=$root/share/doc/lorad
install -d "$documentation/configs" "$documentation/docs/images" "$documentation/cluster/slurm"
install -m 644 README.md "$documentation/"
install -m 644 docs/*.md "$documentation/docs/"
install -m 644 docs/images/* "$documentation/docs/images/"
install -m 644 configs/*.yaml "$documentation/configs/"
install -m 644 cluster/slurm/*.sbatch "$documentation/cluster/slurm/"
"$lorad" config schema --json-schema >"$documentation/run-file.schema.json"
chmod 644 "$documentation/run-file.schema.json"
