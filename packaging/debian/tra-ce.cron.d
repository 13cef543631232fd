# TRA-CE where no systemd runs. With it tra-ce-prune.timer does the first of
# these once a day and tra-ce@webhooks.service the second all the time.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
23 3 * * *	www-data	[ -d /run/systemd/system ] || [ ! -x /usr/bin/tra-ce ] || [ ! -e /var/lib/tra-ce/control.db ] || tra-ce prune >/dev/null
* * * * *	www-data	[ -d /run/systemd/system ] || [ ! -x /usr/bin/tra-ce ] || [ ! -e /var/lib/tra-ce/hooks.db ] || tra-ce webhook send --for 55s >/dev/null
