#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# TRA-CE on a shared host, without root: behind Apache's mod_fcgid, which the
# host has, by an .htaccess, which it lets you write.
#
#   packaging/shared-host.sh SITE [HOME]
#
# SITE is the folder that the web server shows as / (~/public_html), HOME the
# one that it must not show (default: ~/tra-ce). Built files are taken from
# BUILD (default: build). What goes where is said in www/conf/htaccess. Running
# it again brings a new version; configuration and data stay.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/${BUILD:-build}
[ $# -ge 1 ] || { sed -n '3,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1/api" "${2:-$HOME/tra-ce}"
site=$(cd "$1" && pwd)
home=$(cd "${2:-$HOME/tra-ce}" && pwd)
case "$home/" in
"$site"/*) echo "$home lies in $site: whoever asks could read your data" >&2; exit 1 ;;
esac

umask 022
mkdir -p "$home/bin" "$home/fcgi" "$home/lib" "$home/share"
# What runs is replaced, never written to: it has these files in its memory.
put() {
	cp -L "$1" "$2/new" && mv -f "$2/new" "$2/${1##*/}"
}
for f in "$build"/fcgi/*.fcgi; do
	put "$f" "$home/fcgi"
done
put "$build/tra-ce" "$home/bin"
# Libraries that the host may not have; libc and what belongs to it it must.
ldd "$home"/fcgi/*.fcgi "$home/bin/tra-ce" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u |
	grep -v -E '/(libc|libm|libdl|librt|libpthread|libresolv|ld-linux[^/]*)\.so' | while read -r f; do
	put "$f" "$home/lib"
done
rm -rf "$home/share/rules"
cp -R "$root/db/rules" "$home/share/rules"
cp "$root/www/openapi.json" "$home/share/"
mkdir -p "$home/data"
chmod 0750 "$home/data"
if [ ! -e "$home/tra-ce.conf" ]; then
	(
		umask 077
		TRACE_CONFIG=/dev/null "$build/tra-ce" conf -T | sed \
			-e "s|^data = .*|data = $home/data|" -e "s|^folder = .*|folder = $home/share/rules|" \
			-e "s|^openapi = .*|openapi = $home/share/openapi.json|" -e 's|^poll = .*|poll = yes|' \
			-e 's|^threads = .*|threads = 1|' >"$home/tra-ce.conf"
	)
fi

# The other two folders may be the site's own: an .htaccess of others stays.
beside() {
	if [ -e "$site/$2/.htaccess" ] && ! grep -q '^# TRA-CE' "$site/$2/.htaccess"; then
		echo "$site/$2/.htaccess is not ours and stays: no TRA-CE at /$2/" >&2
		return
	fi
	mkdir -p "$site/$2"
	cp "$root/www/conf/$1" "$site/$2/.htaccess"
}
cp "$root/www/conf/htaccess" "$site/api/.htaccess"
beside htaccess-v1 v1
beside htaccess-collector services/collector
for f in "$home"/fcgi/*.fcgi; do
	n=${f##*/}
	printf '#!/bin/sh\nTRACE_CONFIG=%s/tra-ce.conf LD_LIBRARY_PATH=%s/lib TRACE_SPAWNED=parent exec %s\n' "$home" "$home" "$f" >"$site/api/$n"
	chmod 0755 "$site/api/$n"
done
mkdir -p "$site/tra-ce"
for p in console admin; do
	[ -d "$root/www/$p" ] || continue
	to=$site/tra-ce
	[ $p = console ] || to=$site/tra-ce/admin
	mkdir -p "$to"
	cp -R "$root/www/$p/." "$to/"
done
echo "API: /api/v1/ and /v1/  Splunk's: /services/collector  console: /tra-ce/  panel: /tra-ce/admin/"
echo "next: TRACE_CONFIG=$home/tra-ce.conf $home/bin/tra-ce tenant add NAME"
