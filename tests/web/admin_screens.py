#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every screen of the panel held against axe-core, in light and dark, on a desk and on a phone."""
import browser
from browser import need
from lab import break_in, sign_in


def every_screen_is_accessible_in_light_dark_and_on_a_phone(l, b):
    c = l.tenant("seen")
    c.send([sign_in(n) for n in range(5)] + break_in(3, "seen"))
    b.open("/admin/")
    b.see("h1", "Welcome")
    need(not b.axe(), b.axe())
    b.shot("door")
    b.enter("viewer")
    for dark, width, height in ((False, 1280, 900), (True, 1280, 900), (False, 390, 844)):     # colours know no width
        b.shape(width, height, width < 500)
        b.theme(dark)
        for screen in ("start", "start?new", "tenants", "tenant?tenant=seen", "keys?tenant=seen", "owners?tenant=seen", "rules", "suppressions?tenant=seen", "webhooks?tenant=seen", "people", "audit", "account"):
            b.open("/admin/#/" + screen)
            b.see("main h1")
            b.gone(".note.bad")
            need(not b.axe(), screen, dark, width, b.axe())
            need(b.wide() <= 0, screen, "is wider than its window by", b.wide())
            b.shot(f"{screen.replace('?', '-').replace('=', '-')}-{'dark' if dark else 'light'}-{width}")


if __name__ == "__main__":
    browser.main(every_screen_is_accessible_in_light_dark_and_on_a_phone)
