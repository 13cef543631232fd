# SPDX-License-Identifier: Apache-2.0
"""The sites that were on the server before the package came: the one that
answers for every host name, and a virtual host with its own /, its own rewrite
rules and, if it `claims`, an API of its own below /api/v1/. settle() puts them
down; answers() are the bytes of what they say."""
import os

PAGES = {"var/www/html/index.html": "the site that was there\n", "var/www/html/style.css": "body { color: black }\n",
         "srv/blog/start.html": "<h1>blog</h1>\n", "srv/blog/pages/one.html": "<h1>one</h1>\n", "srv/blog/missing.html": "<h1>no such page</h1>\n",
         "srv/blog/data/posts.json": '{"posts": []}\n', "srv/blog/style.css": "h1 { color: teal }\n"}
LIGHTTPD = """server.modules += ( "mod_rewrite" )
$HTTP["host"] == "blog.example" {
	server.document-root = "/srv/blog"
	index-file.names = ( "start.html" )
	server.error-handler-404 = "/missing.html"
	url.rewrite-once = ( "^/p/([a-z]+)$" => "/pages/$1.html"%s )
}
"""
APACHE = """<VirtualHost *:80>
	ServerName blog.example
	DocumentRoot /srv/blog
	DirectoryIndex start.html
	ErrorDocument 404 /missing.html
	RewriteEngine On
	RewriteRule "^/p/([a-z]+)$" "/pages/$1.html" [L]
%s	<Directory /srv/blog>
		Require all granted
		AllowOverride All
	</Directory>
</VirtualHost>
"""
ASKED = [("localhost", p) for p in ("/", "/style.css", "/none", "/index.html?x=1")] + \
        [("unknown.example", "/"), ("unknown.example", "/none")] + \
        [("blog.example", p) for p in ("/", "/p/one", "/p/two", "/style.css", "/none", "/old/one.html", "/data/posts.json", "/?q=%2Fapi%2Fv1")]
CLAIMED = [("blog.example", p) for p in ("/api/v1/posts", "/api/v1/events", "/api/v1/", "/v1/health")]


def of(server):
    return "lighttpd" if server == "lighttpd" else "apache2"


def settle(d, server, claims=False):
    for n in os.listdir(d.path("var/www/html")):
        os.unlink(d.path(f"var/www/html/{n}"))
    for name, text in PAGES.items():
        d.write(name, text)
        os.utime(d.path(name), (1.7e9, 1.7e9))          # of a file of this second Apache makes no firm ETag
    if server == "lighttpd":
        d.write("etc/lighttpd/conf-available/20-blog.conf", LIGHTTPD % (', "^/api/v1/([a-z]*)$" => "/data/$1.json"' if claims else ""))
        d.run("lighty-enable-mod blog >/dev/null")
    else:
        d.write("etc/apache2/sites-available/blog.conf", APACHE % ('\tRewriteRule "^/api/v1/([a-z]*)$" "/data/$1.json" [L]\n' if claims else ""))
        d.write("srv/blog/.htaccess", "RewriteEngine On\nRewriteRule ^old/(.*)$ /pages/$1 [L]\n")
        d.run("a2enmod -q rewrite; a2ensite -q blog")
    return ASKED + (CLAIMED if claims else [])


def start(server):
    """Words of a shell that start it; it ends with the shell."""
    one = ("install -d -o www-data -g www-data -m 0750 /run/lighttpd; lighttpd -D -f /etc/lighttpd/lighttpd.conf & "
           if server == "lighttpd" else "apache2ctl start 2>/dev/null; ")
    return one + "n=0; until curl -s -o /dev/null -m 5 http://127.0.0.1/; do n=$((n + 1)); [ $n -lt 100 ] || exit 1; sleep 0.1; done; "


def answers(d, server, asked):
    """(host, path) -> the whole answer but for the clock."""
    words = "".join(f"echo '=== {h} {p}'; curl -s -i -m 20 -H 'Host: {h}' 'http://127.0.0.1{p}' | grep -v -i '^date:'; " for h, p in asked)
    parts = d.run(start(server) + words).split("=== ")[1:]
    return dict(part.split("\n", 1) for part in parts)


def differ(one, two):
    return [f"{k}:\n{one[k][:300]}\nbecame\n{two.get(k, '')[:300]}" for k in one if one[k] != two.get(k)]
