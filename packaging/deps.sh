#!/bin/sh
# Install the Debian packages of packages.txt that are missing: deps.sh build run test
set -eu
cd "$(dirname "$0")/.."
missing=
for kind in "$@"; do
	for p in $(sed -n "s/^$kind //p" packages.txt); do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
	done
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "run as root, or install sudo: apt-get install$missing" >&2; exit 1; }
	sudo=sudo
fi
# The packages' own services must not start: we run our own lighttpd.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod +x $policy
	made=1
fi
trap '[ -z "$made" ] || $sudo rm -f $policy' EXIT
# A new machine may be busy with its own upgrades: wait for them.
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing >/dev/null
