#!/usr/bin/env bash
# Renders every overlay and validates what comes out, without a cluster: against the schemas of two versions of Kubernetes, and of
# JobSet, Kubeflow Trainer and the Prometheus operator; against the Pod Security Standard "restricted"; and alerts and dashboard against
# the metrics that lorad serves. From the repository's root:
#
#   cluster/kubernetes/test.sh
#
# Where Debian's or PyPI's mirrors cannot be reached it says "skipped", and why.
#
# kustomize and promtool are those on the PATH, else Debian's packages, unpacked under .build/kubernetes; the schemas are PyPI's
# packages of test/requirements.txt, in a virtual environment there.
#
#   VERSIONS   the versions of Kubernetes; 1.29,1.37 unless given
#   LORAD      a binary, to compare the example of a policy with; left out where there is none
set -euo pipefail
cd "$(dirname "$0")/../.."
here=cluster/kubernetes
cache=.build/kubernetes
versions=${VERSIONS:-1.29,1.37}
mkdir -p $cache

skip() {
    echo "skipped: $1"
    exit 0
}

# debian SUITE PACKAGE: unpacks a package of Debian's into the cache; nothing is installed.
debian() {
    [ ! -d "$cache/$2" ] || return 0
    local apt=$PWD/$cache/apt-$1
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    local mirror # the one that apt uses here
    mirror=$(apt-get indextargets --format "\$(REPO_URI)" "Created-By: Packages" "Label: Debian" | grep -v security | head -n 1)
    [ -n "$mirror" ] || { echo "test.sh: apt knows no mirror of Debian's: run apt-get update, or install $2" >&2; return 1; }
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$apt/list"
    local options=(-q -o "Dir::Etc::sourcelist=$apt/list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$apt/lists"
        -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update >/dev/null || return 1
    (cd "$apt" && apt-get "${options[@]}" download "$2" >/dev/null) || return 1
    dpkg -x "$apt/$2"_*.deb "$cache/$2.part" || return 1
    mv "$cache/$2.part" "$cache/$2"
    rm -rf "$apt"
}
if ! command -v kustomize >/dev/null; then
    # Debian has it since trixie; the binary needs the C library alone.
    debian trixie kustomize || skip "kustomize cannot be fetched from Debian's mirror"
    PATH=$PWD/$cache/kustomize/usr/bin:$PATH
fi
if ! command -v promtool >/dev/null; then
    debian bookworm prometheus || skip "promtool cannot be fetched from Debian's mirror"
    PATH=$PWD/$cache/prometheus/usr/bin:$PATH
fi
if ! cmp -s $here/test/requirements.txt $cache/installed.txt; then
    rm -rf $cache/venv
    python3 -m venv $cache/venv
    $cache/venv/bin/pip install --quiet --no-compile --disable-pip-version-check -r $here/test/requirements.txt ||
        skip "the schemas cannot be fetched from PyPI"
    cp $here/test/requirements.txt $cache/installed.txt
fi

rendered=$cache/rendered
rm -rf $rendered
mkdir $rendered
for overlay in "$here"/overlays/*/; do
    kustomize build "$overlay" >"$rendered/$(basename "$overlay").yaml"
done
# A component that no overlay has: a copy of one that does.
cp -r $here $rendered/copy
sed -i 's|components/kueue|components/listed-keys|' $rendered/copy/overlays/kueue/kustomization.yaml
kustomize build $rendered/copy/overlays/kueue >$rendered/listed-keys.yaml
rm -r $rendered/copy
# The pod that copies files, beside the run that it copies for.
{ cat $rendered/job.yaml; echo ---; cat $here/files.yaml; } >$rendered/files.yaml
$cache/venv/bin/python $here/test/validate.py "$versions" $rendered/*.yaml

# The validator must be able to say no.
sed 's/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/; s/parallelism:/parallelsim:/; s/lorad_loss/lorad_lost/; s/app.kubernetes.io\/component: worker/app.kubernetes.io\/component: wroker/; s/secretName: lorad-join/secretName: other/' \
    $rendered/job.yaml >$rendered/wrong.yaml
if complaints=$($cache/venv/bin/python $here/test/validate.py "$versions" $rendered/wrong.yaml); then
    echo "test.sh: wrong manifests are taken for valid" >&2
    exit 1
fi
for words in "writes its root" "parallelsim" "mounts Secret other"; do
    grep -q "$words" <<<"$complaints" || { echo "test.sh: nothing is said of: $words" >&2 && exit 1; }
done

$cache/venv/bin/python - $rendered/monitored.yaml $rendered/rules.yaml <<'PYTHON'
import sys, yaml
rules = next(thing for thing in yaml.safe_load_all(open(sys.argv[1])) if thing["kind"] == "PrometheusRule")
yaml.safe_dump(rules["spec"], open(sys.argv[2], "w"))
PYTHON
cp $here/test/alerts.yaml $rendered/
promtool check rules $rendered/rules.yaml >/dev/null
promtool test rules $rendered/alerts.yaml >/dev/null
echo "alerts say what test/alerts.yaml expects"

if [ -n "${LORAD:-}" ]; then
    "$LORAD" worker --policy-example | cmp - $here/overlays/site/policy.yaml
    "$LORAD" config check --file-only $here/base/coordinator/run.yaml >/dev/null
fi
