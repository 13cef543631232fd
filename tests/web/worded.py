#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a language model has worded is marked as its own in the console."""
import threading
import browser
from browser import incident, need, open_chain
from model import Model, SERVER, conf


def what_a_model_worded_is_marked_with_what_was_dropped(l, b):
    c = l.tenant()
    _, chain = incident(c, 21, "worded")
    Model.mode = "mixed"
    open_chain(b, c, chain)
    b.see(".worded h3", "stub-1")
    b.see(".worded h3", "language model")
    kept = len(b.all(".worded .sentences li"))
    need(kept > 2, kept, "sentences")
    b.see(".worded", f"{kept} more sentences of it were dropped")
    b.see(".worded", f"{kept} with another time")
    need("11:11:11" not in b.js("return document.body.textContent"), "a dropped sentence is shown")
    need(not b.all(".told .worded") and "In short" not in "".join(b.texts("details summary")), "its words stand among the engine's")
    b.see(".panel", "All but what is marked")
    b.click(".worded .cite")
    need(b.all(".unit.lit, .lit"), "nothing is lit")
    b.shot("worded")
    need(not b.axe(), b.axe())


def a_model_that_fails_is_said_to_and_the_text_is_whole(l, b):
    c = l.tenant()
    _, chain = incident(c, 22, "alone")
    Model.mode = "broken"
    open_chain(b, c, chain)
    b.see(".worded", "No words of stub-1")
    b.see(".worded", "answered with an error")
    b.see(".told h3", "Root cause")


if __name__ == "__main__":
    threading.Thread(target=SERVER.serve_forever, daemon=True).start()
    browser.main(what_a_model_worded_is_marked_with_what_was_dropped, a_model_that_fails_is_said_to_and_the_text_is_whole, conf=conf())
