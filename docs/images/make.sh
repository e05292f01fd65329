#!/bin/sh
# Makes evaluation-report.png anew: the page of docs/guides/train-to-endpoint.md, whole, as Chromium draws it.
#   docs/images/make.sh [build/release/slipway]
set -eu
cd "$(dirname "$0")/../.."
slipway=$(realpath "${1:-build/release/slipway}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$slipway" train examples/data/penguins.csv --target sex --drop year --clean drop-missing-target --test-share 0.3 -o "$folder/penguins.slipway"
ln -s "$PWD/examples" "$folder/examples"
(cd "$folder" && "$slipway" evaluate penguins.slipway examples/data/penguins.csv --held-out --slices species --html report.html)
"${CHROMIUM:-/usr/bin/chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$folder/profile" \
  --window-size=1060,2680 --screenshot="$PWD/docs/images/evaluation-report.png" "file://$folder/report.html"
