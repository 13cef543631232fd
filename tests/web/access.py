#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The console for everybody: no serious or critical finding of axe-core on any
screen, light and dark."""
import browser
from browser import every_screen, need


def everybody_can_use_it(l, b):
    c, found = l.tenant(), []
    for dark in (False, True):
        b.js("sessionStorage.clear()") if b.where().startswith("/") else None
        b.theme(dark)
        every_screen(l, b, c, lambda name: (found.extend(f"{name} {'dark' if dark else 'light'}: {x}" for x in b.axe()), b.shot(f"{name}-{'dark' if dark else 'light'}")))
    need(not found, len(found), "findings:", *found[:6])


browser.main(everybody_can_use_it)
